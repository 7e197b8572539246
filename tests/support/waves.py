from __future__ import annotations

import numpy as np

from schemas.tables import CONTEXT_ROW, EVENT_ROW, FACT_ROW, RECEIPT_ROW
from schemas.timeline import Timeline
from streams.pipeline.aggregate.aggregate import Wave

T0_MS = 1_700_000_000_000


def make_wave(rows, contexts=(), receipts=(), stream_ms=None):
    """``rows``: (user, ts_ms, event, item, category, type) in input order."""
    facts = np.zeros(len(rows), FACT_ROW)
    events = np.zeros(len(rows), EVENT_ROW)
    for pos, (user, ts_ms, event, item, category, kind) in enumerate(rows):
        facts[pos] = (pos, user, ts_ms, event, item, category, -1, 0, 1, 0, kind)
        events[pos] = (pos, user, ts_ms, event)
    context_rows = np.array(list(contexts), CONTEXT_ROW)
    receipt_rows = np.array(list(receipts), RECEIPT_ROW)
    if stream_ms is None:
        stream_ms = np.maximum.accumulate(facts["ts_ms"]) if len(rows) else np.array([T0_MS])
    times = np.asarray(stream_ms, np.int64)
    return Wave(events, facts, context_rows, receipt_rows, Timeline.of(times, int(times[0])))
