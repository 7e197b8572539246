"""A section tells its command, machine and speed; a new run takes the place of the old."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.results import keep, replaced


@pytest.mark.slow
def test_the_page_and_the_json_line_tell_the_same_speed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "RESULTS.md"
    figures = keep("Sort", "make sort", {"rows_per_s": 12_000}, path=page)
    text = page.read_text()
    said = re.search(r"`make sort` on .*additions took (\d+) ms then, .* numbers (\d+) ms\.", text)
    assert said is not None
    assert said.groups() == (
        f"{figures['python_loop_ms']:.0f}",
        f"{figures['numpy_sort_ms']:.0f}",
    )
    assert "| rows_per_s | 12,000 |" in text
    assert figures["rows_per_s"] == 12_000
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.strip() in text


@pytest.mark.slow
def test_a_spread_stands_beside_its_median(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    keep("Sort", "make sort", {"wall_s": 2.5, "wall_s_spread": "2 to 3", "rows": 7}, path=page)
    lines = page.read_text().splitlines()
    assert lines[-4:] == [
        "| figure | median | least to greatest |",
        "| --- | --- | --- |",
        "| wall_s | 2.5 | 2 to 3 |",
        "| rows | 7 |  |",
    ]


@pytest.mark.slow
def test_a_body_of_its_own_takes_the_place_of_the_figures(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    keep("Sort", "make sort", {"rows": 7}, ["In words."], page)
    assert page.read_text().endswith("\n\nIn words.\n")


def test_only_the_section_of_the_same_title_is_replaced() -> None:
    old = "# Results\n\n## A\n\nold\n\n## A: more\n\nstays\n"
    assert (
        replaced(old, "A", "## A\n\nnew\n") == "# Results\n\n## A\n\nnew\n\n## A: more\n\nstays\n"
    )
    assert replaced(old, "B", "## B\n\nnew\n") == old + "\n## B\n\nnew\n"
