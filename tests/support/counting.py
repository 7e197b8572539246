"""The engine's test job: one state row per user, counting; one output per event."""

from __future__ import annotations

import time

import msgspec

from schemas.tables import Output, SourceRecord
from streams.state.store import MARKER, Effects, Store


class Counting:
    """Counts per record key (``b"U" + key``); the output says which event, and the count after it."""

    def __init__(self, slow_s: float = 0.0) -> None:
        """``slow_s``: seconds to waste on each record."""
        self._slow_s = slow_s

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        time.sleep(self._slow_s * len(records))
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
