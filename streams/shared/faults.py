"""Why a record is refused, raised where it is found."""

from __future__ import annotations

from schemas.vocabulary import DeadReason


class Fault(Exception):  # noqa: N818 - a fault of the record, not an error of ours
    """A record cannot be accepted: one reason and a sentence that names the field, not its value.

    ``field``: the path of the field at fault, as in ``lines[1].quantity``; several are separated by
    ", "; "" where it is the record itself.
    """

    def __init__(self, reason: DeadReason, sentence: str, field: str = "") -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence
        self.field = field
