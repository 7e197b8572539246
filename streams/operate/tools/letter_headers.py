"""What the headers of a dead letter say: anybody may have written them, so they may say anything."""

from __future__ import annotations

from aiokafka.structs import ConsumerRecord

LARGEST = 2**63 - 1
"""The largest offset or timestamp that Kafka knows."""


def texts(letter: ConsumerRecord[bytes, bytes]) -> dict[str, str]:
    """Return a letter's headers as text; one without a value says nothing."""
    return {name: (value or b"").decode(errors="replace") for name, value in letter.headers}


def number(text: str) -> int | None:
    """Return the offset or time that a header tells, None if it tells none that Kafka knows."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST))):
        return None
    return found if (found := int(text)) <= LARGEST else None
