"""`make bench` measures all of the full job and ends with one JSON line."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from benchmarks import results
from benchmarks.job import __main__ as job

EVERYTHING = {
    "in_process", "throughput", "latency", "idle", "restart", "recovery", "sizes", "profile", "features",
    "catalogue",
}  # fmt: skip


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every measurement takes no time; the page that is written."""
    page = tmp_path / "RESULTS.md"

    def keep(title: str, command: str, figures: dict[str, Any]) -> dict[str, Any]:
        return results.keep(title, command, figures, path=page)

    for number, name in enumerate(job.MEASUREMENTS):
        monkeypatch.setitem(job.MEASUREMENTS, name, lambda _, number=number: {"events": number})
    monkeypatch.setattr(job, "in_process", lambda log: {"log": log})
    monkeypatch.setattr(job, "Stand", nullcontext)
    monkeypatch.setattr(job, "keep", keep)
    return page


@pytest.mark.slow
def test_all_of_it_is_measured_and_told_in_one_json_line(
    instant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job.main([]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert told.keys() == EVERYTHING
    assert told["latency"]["events"] == list(job.MEASUREMENTS).index("latency")
    assert instant.read_text().count("## Full job, real worker: ") == len(job.MEASUREMENTS)


@pytest.mark.slow
def test_what_is_named_is_measured_and_nothing_else(
    instant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job.main(["restart"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == {"restart"}
    assert "`make bench ONLY=restart`" in instant.read_text()


def test_a_name_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert job.main(["speed"]) == 2
    assert "no such measurement: speed" in capsys.readouterr().err
