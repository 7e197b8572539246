"""Records that are not read: they made the path raise, or their user's row is set aside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.pipeline.accept.vault import Vault
from streams.shared.faults import Fault


@dataclass(slots=True, frozen=True)
class Refusals:
    """``records``: (topic, offset) -> what they raised; ``users``: pseudonyms."""

    records: Mapping[tuple[str, int], str]
    users: Collection[bytes]

    def check(self, record: SourceRecord, vault: Vault) -> None:
        """Let a record pass.

        Raises:
            Fault: it is refused.
        """
        self.check_place(record)
        if self.users and user_of(record, vault) in self.users:
            raise Fault(DeadReason.USER_SET_ASIDE, "this user's row could not be read")

    def check_place(self, record: SourceRecord) -> None:
        """Let a record pass, whoever its key names.

        Raises:
            Fault: it is refused.
        """
        told = self.records.get((record.topic, record.offset))
        if told is not None:
            raise Fault(DeadReason.INTERNAL_ERROR, told)


NO_REFUSALS = Refusals({}, frozenset())


def user_of(record: SourceRecord, vault: Vault) -> bytes | None:
    """Return the pseudonym of the user whom a record's key names, None without a key."""
    if record.key is None:
        return None
    return vault.pseudonym(record.key.decode(errors="replace"))
