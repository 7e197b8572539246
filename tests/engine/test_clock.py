"""The broker's time comes from acknowledgements alone."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace

import pytest

from streams.engine.clock import OLD_S, BrokerClock
from streams.settings import Settings

NOW_MS = 1_780_000_000_000


def answer(timestamp: int, timestamp_type: int = 1) -> SimpleNamespace:
    return SimpleNamespace(timestamp=timestamp, timestamp_type=timestamp_type)


def clock() -> BrokerClock:
    return BrokerClock(Settings())


def test_the_time_is_the_one_in_the_acknowledgement() -> None:
    made = clock()
    made._take(answer(NOW_MS), time.monotonic(), own_ms=NOW_MS + 172_800_000)
    assert made.ms == asyncio.run(made.now()) == NOW_MS


def test_a_topic_that_the_producer_stamps_tells_no_time(caplog: pytest.LogCaptureFixture) -> None:
    made = clock()
    made._take(answer(NOW_MS, timestamp_type=0), time.monotonic(), own_ms=NOW_MS)
    assert made.ms is None
    assert "LogAppendTime" in caplog.text


def test_a_clock_more_than_a_minute_off_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    made = clock()
    with caplog.at_level(logging.INFO):
        for off_ms in (59_000, 172_800_000, 172_800_500, -30_000, -61_000):
            made._take(answer(NOW_MS), time.monotonic(), NOW_MS + off_ms)
    said = [r.getMessage() for r in caplog.records if r.name == "streams.engine.clock"]
    assert [text.partition(" clock is ")[2] for text in said] == [
        "172800 s off the broker's",
        "right again",
        "-61 s off the broker's",
    ]


def test_a_time_that_is_old_is_waited_for() -> None:
    made = clock()
    made._take(answer(NOW_MS), time.monotonic() - OLD_S, NOW_MS)

    async def asked() -> int | None:
        asking = asyncio.ensure_future(made.now())
        await asyncio.sleep(0.01)
        assert not asking.done()
        made._take(answer(NOW_MS + 90_000), time.monotonic(), NOW_MS)
        return await asking

    assert asyncio.run(asked()) == NOW_MS + 90_000
