"""`kairos evaluate items`: files, last line, exit codes."""

from __future__ import annotations

import json

import pytest

ITEMS, USERS, LENGTH = 12, 60, 8


@pytest.mark.slow
def test_a_log_of_rounds_is_reported_in_figures_and_on_a_page(kairos, result, tmp_path):
    rows = [
        f"u{user},{pos},i{(user + pos) % ITEMS}" for user in range(USERS) for pos in range(LENGTH)
    ]
    (tmp_path / "rounds.csv").write_text("\n".join(("user_id,pos,item_id", *rows)))
    words = ("evaluate", "items", "--source", "sequences", "--data", "rounds.csv")
    done = kairos(*words, "--json", "out.json", "--html", "out.html")
    assert done.returncode == 0, done.stderr
    found = result(done)
    assert found == json.loads((tmp_path / "out.json").read_text())
    assert (found["queries"], found["items"], list(found["tasks"])) == (USERS, ITEMS, ["next_item"])
    assert found["transitions"]["ndcg10"] == 1.0, "what follows an item is always the same"
    assert "Items: sequences" in (tmp_path / "out.html").read_text()


@pytest.mark.slow
def test_a_file_that_is_no_such_log_is_named(kairos, tmp_path):
    (tmp_path / "other.csv").write_text("user_id,item_id\nu,i\n")
    done = kairos("evaluate", "items", "--source", "sequences", "--data", "other.csv")
    assert done.returncode == 2
    assert "no column pos or ts" in done.stderr
