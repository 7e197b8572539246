"""Which moments of a partition lie in its past: before the ends of the topics when it began. Pure.

``ends``: topic -> the offset after its last record then, in the marker; ``offsets``: topic -> the first
offset not yet applied. Both depend on records alone, so that no cut of the sequence changes an answer.
"""

from __future__ import annotations

from collections.abc import Mapping

Offsets = Mapping[str, int]


def is_old(topic: str, offset: int, ends: Offsets) -> bool:
    """Whether a record was there when the partition began."""
    return offset < ends.get(topic, 0)


def is_over(offsets: Offsets, ends: Offsets) -> bool:
    """Whether the past has ended: every topic is read to its end, and at least one beyond it.

    What comes due between the last old record and the first new one still belongs to the past.
    """
    if not ends:
        return True
    reached = all(offsets.get(topic, 0) >= end for topic, end in ends.items())
    return reached and any(at > ends.get(topic, 0) for topic, at in offsets.items())
