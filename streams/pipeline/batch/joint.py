"""Batches of several partitions as one, and the one as batches again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from schemas.tables import EventBatch
from schemas.timeline import Timeline

ROWS = ("events", "facts", "contexts", "receipts")


def joined(batches: Sequence[EventBatch], timeline: Timeline) -> EventBatch:
    """Return the batches end to end; positions and users run on. A single one is itself."""
    if len(batches) == 1:
        return batches[0]
    first_users = np.cumsum([0, *(len(batch.keys) for batch in batches)]).tolist()
    places = list(zip(batches, timeline.starts.tolist(), first_users, strict=False))
    events, facts, contexts, receipts = (
        np.concatenate([_moved(getattr(batch, name), pos, user) for batch, pos, user in places])
        for name in ROWS
    )
    return EventBatch(
        records=[record for batch in batches for record in batch.records],
        timeline=timeline,
        keys=[key for batch in batches for key in batch.keys],
        subscribers=[name for batch in batches for name in batch.subscribers],
        events=events,
        facts=facts,
        contexts=contexts,
        receipts=receipts,
        names={},
    )


def parted(
    whole: EventBatch, batches: Sequence[EventBatch], partitions: Sequence[int]
) -> list[EventBatch]:
    """Return what deduplication left of each of the joined batches, with its own counts.

    Positions stay those of the whole, users index its keys.
    """
    if len(batches) == 1:
        return [whole]
    starts = whole.timeline.starts.tolist()
    places = zip(batches, partitions, starts[:-1], starts[1:], strict=True)
    return [_part(whole, *place) for place in places]


def _part(whole: EventBatch, was: EventBatch, partition: int, start: int, end: int) -> EventBatch:
    rows = {}
    for name in ROWS:
        column = getattr(whole, name)
        rows[name] = column[(column["pos"] >= start) & (column["pos"] < end)]
    late = [event for event in whole.late if event.partition == partition]
    kept = len(rows["events"])
    counts = was.counts | {"accepted": kept, "late": len(late)}
    counts["duplicates"] = len(was.events) - kept - len(late)
    return replace(was, keys=whole.keys, late=late, counts=counts, **rows)


def _moved(rows: NDArray[np.void], pos: int, user: int) -> NDArray[np.void]:
    moved = rows.copy()
    moved["pos"] += pos
    moved["user"] += user
    return moved
