"""Recovery: the changelog's rows, applied once and in offset order, whoever brings them."""

from __future__ import annotations

from streams.engine.merge import Slice
from streams.engine.store import StateStore


def restore(store: StateStore, partition: int, piece: Slice, now_s: float) -> int:
    """Write a fetched piece of the changelog to the local state; return how many rows were new.

    Faust re-reads the last row it has, a rebalance may repeat a piece: rows at or before the
    stored offset are skipped. The stored offset becomes the last one the piece covers, markers
    of transactions included: so the next piece joins, and it compares with the end of the log.
    ``now_s``: wall clock; new state is as old as the moment its recovery began.
    """
    done = store.restored_offset(partition)
    rows = [(r.key, r.value) for r in piece.records if r.offset > done and r.key is not None]
    if piece.end - 1 > done:
        saved_s = now_s if store.is_new(partition) else None
        store.write(partition, rows, piece.end - 1, saved_s)
    return len(rows)
