"""What is said to a partition is said only where there is something to say."""

from __future__ import annotations

import pytest

from schemas.state import NEVER_MS
from streams.operate.cli import build
from streams.operate.tools.commanding import AHEAD_MS, ahead
from streams.state.marker import Marker

NOW_MS = 1_780_000_000_000


def test_a_partition_is_ahead_when_its_time_is_more_than_a_minute_past_the_brokers():
    times_ms = (NEVER_MS, NOW_MS, NOW_MS + AHEAD_MS, NOW_MS + AHEAD_MS + 1, 2 * NOW_MS)
    markers = {number: Marker(stream_ms=ms) for number, ms in enumerate(times_ms)}
    assert ahead(markers, NOW_MS) == [3, 4]
    assert ahead({}, NOW_MS) == []


@pytest.mark.parametrize(("group", "word"), [("time", "back"), ("user", "release")])
def test_each_is_a_word_of_its_own_on_the_command_line(group, word):
    (typer,) = [each.typer_instance for each in build(group).registered_groups]
    assert [command.callback.__name__ for command in typer.registered_commands] == [word]
