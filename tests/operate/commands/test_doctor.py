"""`kairos doctor` as a command: lines for people, JSON for programs, an exit code for both."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

Kairos = Callable[..., CompletedProcess[str]]
Result = Callable[[CompletedProcess[str]], dict[str, Any]]


@pytest.mark.slow
def test_a_broker_that_is_down_is_a_problem_with_a_remedy(kairos: Kairos, result: Result) -> None:
    done = kairos("doctor", broker="127.0.0.1:1")
    assert done.returncode == 1
    assert "problem  broker" in done.stdout
    assert "-> start it" in done.stdout
    assert not result(done)["ok"]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_bad_setting_is_a_finding(kairos: Kairos, result: Result) -> None:
    done = kairos("doctor", cap_per_day="1000")
    assert done.returncode == 1
    assert result(done)["findings"][0]["what"] == "settings"
    assert "cap_per_day" in result(done)["findings"][0]["sentence"]


@pytest.mark.kafka
def test_a_deployment_with_topics_is_healthy(
    kairos: Kairos, result: Result, names: dict[str, str]
) -> None:
    kairos("topics", "create", **names)
    done = kairos("doctor", **names)
    assert done.returncode == 0, done.stdout
    assert result(done)["ok"]
