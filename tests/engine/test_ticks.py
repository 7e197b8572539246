from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.errors import InvalidTimestampError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples
from support.panic import PanicException

from streams.engine.options import Options
from streams.engine.progress import Progress
from streams.engine.ticks import CATCH_UP_MS, TickWriter, tick_time
from streams.settings import Settings

TIMES = st.integers(0, 10**13)


class Refusing:
    """A producer of a broker that takes no tick."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    async def send_and_wait(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.mark.parametrize("error", [InvalidTimestampError, OSError, PanicException])
async def test_a_refused_tick_is_a_warning(
    caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    engine = SimpleNamespace(
        partition=lambda _: SimpleNamespace(progress=Progress({}, 1_000, broker_ms=50_000)),
        stream_ms=lambda _: 1_000,
    )
    clock, options = SimpleNamespace(ms=53_000), Options.of(Settings())
    writer = TickWriter(SimpleNamespace(engine=engine, clock=clock, options=options), Settings())
    writer._producer = Refusing(error)
    await writer._tick(3)
    assert f"ticks[3]: no tick: {error.__name__}" in caplog.text
    writer._producer = Refusing(asyncio.CancelledError)
    with pytest.raises(asyncio.CancelledError):
        await writer._tick(3)
    assert writer.refused == {3: 1}


def test_no_event_no_tick() -> None:
    assert tick_time(Progress(), None, broker_ms=5_000) is None


def test_a_tick_tells_stream_time_plus_what_has_elapsed() -> None:
    assert tick_time(Progress({}, 1_000, broker_ms=50_000), 1_000, broker_ms=53_000) == 4_000


def test_time_goes_on_from_the_last_input_not_from_the_last_tick() -> None:
    assert tick_time(Progress({}, 1_000, broker_ms=50_000), 3_990, broker_ms=54_000) == 5_000


def test_a_stream_ahead_of_the_clock_waits_for_it() -> None:
    assert tick_time(Progress({}, 90_000, broker_ms=50_000), 90_000, broker_ms=60_000) is None


def test_a_tick_is_never_from_the_future() -> None:
    assert tick_time(Progress({}, 50_500, broker_ms=50_000), 50_500, broker_ms=51_000) == 51_000


@hypothesis_settings(max_examples=examples(100))
@given(stream=TIMES, marker=TIMES, wall=TIMES, now=TIMES)
def test_a_tick_never_turns_time_back(stream: int, marker: int, wall: int, now: int) -> None:
    ts = tick_time(Progress({}, stream, wall), marker, now)
    assert ts is None or marker <= ts <= now


def test_after_an_outage_time_catches_up_a_quarter_of_an_hour_a_tick() -> None:
    day_ms = 86_400_000
    progress, marker, told = Progress({}, 1_000, broker_ms=50_000), 1_000, []
    while not told or told[-1] != marker:
        marker = told[-1] if told else marker
        told.append(tick_time(progress, marker, broker_ms=50_000 + day_ms))
    assert told[-1] == 1_000 + day_ms
    assert len(told) == day_ms // CATCH_UP_MS + 1
    assert max(b - a for a, b in zip([1_000, *told], told, strict=False)) == CATCH_UP_MS
