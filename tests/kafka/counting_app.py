"""The engine's test job: one state row per user, counting; one output per event."""

from __future__ import annotations

import os
import random
import time
from typing import Any

import msgspec

from schemas.tables import Output, SourceRecord
from streams.app import create_app
from streams.engine.fetch import FetchThread
from streams.settings import load_settings
from streams.store import MARKER, Effects, Store

SLOW_S = float(os.environ.get("COUNTING_SLOW_S", "0"))
BUG = "COUNTING_BUG" in os.environ
ABORTS = float(os.environ.get("COUNTING_ABORTS", "0"))
DROPS = float(os.environ.get("COUNTING_DROPS", "0"))
TOO_LARGE = 24 << 20
"""More bytes than the embedded broker takes in a record."""


class Counting:
    """Counts per record key (``b"U" + key``); the output says which event, and the count after it."""

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        time.sleep(SLOW_S * len(records))
        if BUG:
            raise ZeroDivisionError("a bug")
        effects = Effects()
        (marker,) = store.get_many([MARKER])
        stream_ms = msgspec.msgpack.decode(marker)["stream_ms"] if marker else 0
        events = [r for r in records if not r.topic.endswith("ticks")]
        keys = [b"U" + (r.key or b"") for r in events]
        counts = {k: int(v or 0) for k, v in zip(keys, store.get_many(keys), strict=True)}
        for record, key in zip(events, keys, strict=True):
            counts[key] += 1
            effects.outputs.append(
                Output("decisions", record.key, b"%b:%d" % (record.value or b"", counts[key]))
            )
        for record in records:
            stream_ms = max(stream_ms, record.timestamp_ms)
            if record.topic.endswith("ticks"):
                effects.outputs.append(Output("suppressions", b"tick", b"%d" % stream_ms))
        effects.rows.update({k: b"%d" % n for k, n in counts.items()})
        effects.rows[MARKER] = msgspec.msgpack.encode({"stream_ms": stream_ms})
        return effects


def _fail_sometimes(app: Any) -> None:
    """Inject clean aborts: outputs that no broker takes."""
    engine, job = app.engine, app.engine._processor

    class Failing:
        def process(self, *args: Any) -> Effects:
            effects = job.process(*args)
            if random.random() < ABORTS:
                effects.outputs.append(Output("late", b"big", bytes(TOO_LARGE)))
            return effects

    engine._processor = Failing()


def _drop_sometimes() -> None:
    """Inject losses inside the worker: fetched, the position moved on, and then gone."""
    drain = FetchThread._drain

    def lossy(self: FetchThread, *args: Any) -> dict[Any, Any]:
        slices = drain(self, *args)
        return {tp: piece for tp, piece in slices.items() if random.random() >= DROPS}

    FetchThread._drain = lossy


app = create_app(load_settings(), Counting())
if DROPS:
    _drop_sometimes()
if ABORTS:
    _fail_sometimes(app)
