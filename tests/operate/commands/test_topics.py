"""`kairos topics` against a real broker."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

from streams.engine.topics import expected
from streams.settings import Settings

pytestmark = pytest.mark.kafka
Kairos = Callable[..., CompletedProcess[str]]
Result = Callable[[CompletedProcess[str]], dict[str, Any]]


def test_create_makes_all_and_check_is_content(
    kairos: Kairos, result: Result, own: Settings, names: dict[str, str]
) -> None:
    made = kairos("topics", "create", **names)
    assert made.returncode == 0
    assert set(result(made)["created"]) == set(expected(own))
    assert result(kairos("topics", "create", **names))["created"] == []
    assert kairos("topics", "check", **names).returncode == 0


def test_check_names_what_is_missing(
    kairos: Kairos, result: Result, names: dict[str, str], own: Settings
) -> None:
    done = kairos("topics", "check", **names)
    assert done.returncode == 1
    assert len(result(done)["problems"]) == len(expected(own))


def test_other_partition_counts_are_a_problem(
    kairos: Kairos, result: Result, names: dict[str, str]
) -> None:
    kairos("topics", "create", **names)
    done = kairos("topics", "check", **{**names, "partitions": "3"})
    assert done.returncode == 1
    assert any("2 partitions instead of 3" in problem for problem in result(done)["problems"])


def test_no_broker_is_a_sentence(kairos: Kairos) -> None:
    done = kairos("topics", "check", broker="127.0.0.1:1")
    assert done.returncode == 2
    assert "kairos broker start" in done.stderr
    assert "Traceback" not in done.stderr
