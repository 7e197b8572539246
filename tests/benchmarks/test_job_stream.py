from __future__ import annotations

from itertools import islice

import pytest

from benchmarks.job.stream import made_up_stream
from streams.offline.replay import replay
from streams.pipeline.assemble import assemble
from streams.settings import Settings


def test_the_same_seed_gives_the_same_records() -> None:
    assert list(made_up_stream(300)) == list(made_up_stream(300))
    assert list(made_up_stream(300)) != list(made_up_stream(300, seed=43))


@pytest.mark.slow
def test_every_event_is_valid_and_in_time() -> None:
    counts = _replayed(3_000).counts()
    assert counts["consumed"] == counts["accepted"] == 3_000


def test_arrivals_rise_and_some_events_happened_earlier() -> None:
    arrived = [record.timestamp_ms for record in made_up_stream(2_000)]
    assert arrived == sorted(arrived)
    late = [
        r
        for r in islice(made_up_stream(2_000), 20_000, None)
        if b'"ts":%d' % r.timestamp_ms not in r.value
    ]
    assert 0.03 < len(late) / 2_000 < 0.07


@pytest.mark.slow
def test_a_decision_falls_about_every_twenty_events() -> None:
    counts = _replayed(60_000).counts()
    assert 15 < counts["consumed"] / counts["decided"] < 25


def _replayed(events: int):
    return replay(made_up_stream(events), assemble(Settings(secret="test")), lambda output: None)
