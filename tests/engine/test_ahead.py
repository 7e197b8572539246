from __future__ import annotations

import pytest

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.engine.ahead import AHEAD_MS, judged
from streams.shared.times import LAST_MS

NOW_MS = 1_780_000_000_000
FUTURE = DeadReason.RECORD_TS_FUTURE


@pytest.mark.parametrize(
    ("timestamp_ms", "verdict"),
    [
        (NOW_MS - 10 * AHEAD_MS, None),
        (NOW_MS + AHEAD_MS, None),
        (NOW_MS + AHEAD_MS + 1, FUTURE),
        (LAST_MS - 1, FUTURE),
        (LAST_MS, None),  # impossible, which any stage sees
        (-1, None),
    ],
)
def test_only_a_possible_time_more_than_an_hour_ahead_is_refused(
    timestamp_ms: int, verdict: DeadReason | None
) -> None:
    record = SourceRecord("clicks", 0, 5, timestamp_ms, b"k", b"v", (("h", b"x"),))
    (found,) = judged([record], NOW_MS)
    assert found.refused == verdict
    assert (found.offset, found.timestamp_ms, found.headers) == (5, timestamp_ms, record.headers)
