"""Which part of a batch is new to a partition's state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.tables import SourceRecord
from streams.engine.merge import Batch


@dataclass(slots=True, frozen=True)
class Intake:
    """What of a batch to process: its ``records`` and the ``ends`` to commit.

    ``gaps``: topics with offsets between the state and the batch that never came.
    """

    records: list[SourceRecord]
    ends: dict[str, int]
    gaps: dict[str, int]


def intake(batch: Batch, next_offsets: Mapping[str, int]) -> Intake:
    """Trim what the state already contains and name what is missing before the batch."""
    gaps = {}
    ends = {}
    repeated = set()
    for topic, covered in batch.ranges.items():
        at = next_offsets.get(topic, 0)
        if covered.start > at:
            gaps[topic] = covered.start
        elif covered.start < at:
            repeated.add(topic)
        ends[topic] = max(covered.end, at)
    records = batch.records
    if repeated:
        records = [
            r for r in records
            if r.topic not in repeated or r.offset >= next_offsets[r.topic]
        ]  # fmt: skip
    return Intake(records, ends, gaps)
