"""Signals by hand, and what the learner makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from schemas.globals import Signals
from schemas.vocabulary import EventType
from streams.knowledge.shared import EpochView
from streams.learner.learner import Bounds, Learner
from streams.settings import Settings

T_MS = 1_700_000_000_000
DAY_MS = 86_400_000
VIEW, CART, BUY = EventType.VIEW, EventType.CART, EventType.PURCHASE


def signals(rows: Any, names: dict[int, str] | None = None, partition: int = 0) -> Signals:
    """``rows``: (user, item, category, type, ts_ms); every hash n is called "n"."""
    columns = list(zip(*rows, strict=True)) or [()] * 5
    if names is None:
        names = {n: str(n) for n in (*columns[1], *columns[2]) if n}
    kinds = ("<u8", "<u8", "<u8", "u1", "<i8")
    packed = [np.array(c, kind).tobytes() for c, kind in zip(columns, kinds, strict=True)]
    users, items, categories, types, ts_ms = packed
    return Signals(
        schema_version=1, partition=partition, stream_ms=max(columns[4], default=0), users=users,
        items=items, categories=categories, types=types, ts_ms=ts_ms, names=names,
    )  # fmt: skip


def learned(
    *batches: Any, bounds: Bounds | None = None, now_ms: int = T_MS, **more: Any
) -> EpochView:
    """The epoch after these batches, each a list of rows."""
    learner = Learner(Settings(**more), bounds)
    for batch in batches:
        learner.absorb(signals(batch))
    return EpochView.decode(learner.epoch(1, now_ms, 0))
