"""What it costs to read a user's features: microseconds of processor time, bytes of stored facts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks.job.stand import Stand
from benchmarks.runs import repeated
from models.features import CONTRACT, user_features
from schemas.state import FLAG_EVENTS_TRUNCATED, NEVER_MS
from schemas.tables import SourceRecord
from streams.operate.commands.log_options import open_log
from streams.pipeline.accept import NO_REFUSALS, Vault, accept, deduplicate
from streams.pipeline.aggregate import aggregate, facts_length, pack_rows, unpack_rows
from streams.pipeline.aggregate.aggregate import Wave
from streams.settings import load_settings

BATCHES = (1, 64, 512)
"""Users read at once: one decision alone, a trickle, a backlog."""
LEAST_USERS, AT_ONCE = 500, 2_000
USER_TOPICS = ("clicks", "purchases", "context")


def features_read(stand: Stand) -> dict[str, Any]:
    """The whole Taobao log as state, then every feature of every user from packed rows."""
    return read_costs(open_log("taobao", None), "Asia/Shanghai")


def read_costs(records: Iterable[SourceRecord], zone: str) -> dict[str, Any]:
    """Return the figures of a log whose users live in ``zone``; medians of three rounds."""
    rows, now_ms = _rows(records, zone)
    sizes = [facts_length(row) for row in rows.values()]
    cut_off = unpack_rows(list(rows), list(rows.values())).head["flags"] & FLAG_EVENTS_TRUNCATED
    figures: dict[str, Any] = {
        "users": len(rows),
        "features": len(CONTRACT.user),
        "facts_bytes_per_user": statistics.fmean(sizes),
        "facts_bytes_p99": statistics.quantiles(sizes, n=100)[98],
        "users_truncated": int(np.count_nonzero(cut_off)),
    }
    return figures | repeated(lambda _: _costs(rows, now_ms, zone))


def _costs(rows: dict[bytes, bytes], now_ms: int, zone: str) -> dict[str, float]:
    return {
        f"read_us_per_user_in_batches_of_{size}": _read_us(rows, now_ms, zone, size)
        for size in BATCHES
    }


def _rows(records: Iterable[SourceRecord], zone: str) -> tuple[dict[bytes, bytes], int]:
    """Every user's packed row after the log, and the moment just after it."""
    settings, vault = load_settings({}, default_timezone=zone), Vault(b"features read", "default")
    rows: dict[bytes, bytes] = {}
    stream_ms = NEVER_MS
    log = [record for record in records if record.topic in USER_TOPICS]
    for start in range(0, len(log), AT_ONCE):
        batch = accept(log[start : start + AT_ONCE], stream_ms, settings, vault, NO_REFUSALS)
        stream_ms = int(batch.stream_ms[-1])
        state = unpack_rows(batch.keys, [rows.get(key) for key in batch.keys])
        batch = deduplicate(batch, state, settings)
        wave = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.timeline)
        aggregate(state, wave, settings)
        rows |= dict(zip(batch.keys, pack_rows(state), strict=True))
    return rows, stream_ms + 1


def _read_us(rows: dict[bytes, bytes], now_ms: int, zone: str, size: int) -> float:
    keys = list(rows)
    while len(keys) < LEAST_USERS:
        keys += list(rows)
    began = time.process_time()
    for start in range(0, len(keys), size):
        part = keys[start : start + size]
        state = unpack_rows(part, [rows[key] for key in part])
        user_features(state, np.full(len(part), now_ms), [zone] * len(part))
    return (time.process_time() - began) / len(keys) * 1e6
