"""The demo on a small part of its log: real Kafka, real worker, and sums that hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pandas as pd
import pytest

from streams.operate.commands.demo import LOG

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]
Kairos = Callable[..., CompletedProcess[str]]
Result = Callable[[CompletedProcess[str]], dict[str, Any]]
ROWS = 6_000


@pytest.fixture
def small_log(tmp_path: Path) -> Path:
    path = tmp_path / "small.parquet"
    pd.read_parquet(LOG).sort_values("ts").head(ROWS).to_parquet(path)
    return path


def test_what_was_produced_is_accounted_for(
    kairos: Kairos, result: Result, small_log: Path, environment: dict[str, str]
) -> None:
    done = kairos("demo", "--log", str(small_log))
    assert done.returncode == 0, done.stderr
    found = result(done)
    assert found["problems"] == []
    assert found["consumed"] == sum(
        found[name] for name in ("accepted", "duplicates", "late", "dead_letters")
    )
    assert found["consumed"] > ROWS / 3
    assert found["recommended"] > 0
    assert found["recommended"] + sum(found["suppressed"].values()) == found["decided"]
    assert 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["p99"]
    assert not (Path(environment["KAIROS_DATA_DIR"]) / "demo" / "broker").exists()


def test_a_log_that_is_not_there_is_a_sentence(kairos: Kairos, tmp_path: Path) -> None:
    done = kairos("demo", "--log", str(tmp_path / "none.parquet"))
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr
