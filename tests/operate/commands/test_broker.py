"""`kairos broker`: started by one process, found and stopped by others."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

pytestmark = pytest.mark.kafka
Kairos = Callable[..., CompletedProcess[str]]
Result = Callable[[CompletedProcess[str]], dict[str, Any]]


def test_start_status_stop_and_reset_work_from_separate_processes(
    kairos: Kairos, result: Result
) -> None:
    assert kairos("broker", "status").returncode == 1
    started = result(kairos("broker", "start"))
    try:
        assert result(kairos("broker", "status")) == started
        assert started["bootstrap"].startswith("127.0.0.1:")
    finally:
        stopped = kairos("broker", "stop")
    assert result(stopped) == {"stopped": True}
    assert result(kairos("broker", "stop")) == {"stopped": False}
    assert kairos("broker", "reset").returncode == 0


def test_fetch_reports_what_it_cost(kairos: Kairos, result: Result) -> None:
    kairos("broker", "fetch")
    again = result(kairos("broker", "fetch"))
    assert again["downloaded"] == 0
    assert again["jars"] > 40
    assert again["seconds"] > 0
