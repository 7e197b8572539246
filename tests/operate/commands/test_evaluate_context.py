"""`kairos evaluate context` and `kairos scenario`: files, last line, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.operate.cli import build

WORLD = Path("examples/worlds/commuters.toml")


@pytest.mark.slow
def test_a_world_is_scored_against_its_oracle(tmp_path: Path) -> None:
    small = tmp_path / "small.toml"
    small.write_text(WORLD.read_text().replace("users = 1500", "users = 120"))
    words = ["evaluate", "context", "--source", "world", "--data", str(small)]
    files = ["--json", str(tmp_path / "out.json"), "--html", str(tmp_path / "out.html")]
    done = CliRunner().invoke(build("evaluate"), words + files)
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out.json").read_text())
    assert json.loads(done.stdout.strip().splitlines()[-1]) == found
    assert set(found["splits"]) == {"all", "later", "unseen"}
    assert set(found["fusion"]) == {"with", "without", "shuffled"}
    everybody = found["splits"]["all"]
    assert (
        everybody["scores"]["oracle"]["log_loss"]["value"]
        < everybody["scores"]["with"]["log_loss"]["value"]
    )
    assert "Does context help?" in (tmp_path / "out.html").read_text()


def test_a_scenario_that_comes_out_otherwise_ends_with_1(tmp_path: Path) -> None:
    shop = Path("examples/scenarios/mobile")
    for name in ("catalog.jsonl", "history.jsonl"):
        (tmp_path / name).write_bytes((shop / name).read_bytes())
    told = (shop / "scenario.toml").read_text()
    (tmp_path / "scenario.toml").write_text(
        told.replace(
            '"parasol-base", "parasol", "umbrella"', '"umbrella", "parasol-base", "parasol"'
        )
    )
    good, bad = (
        CliRunner().invoke(build("scenario"), ["scenario", str(folder)])
        for folder in (shop, tmp_path)
    )
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert json.loads(good.stdout.strip().splitlines()[-1])["wrong"] == []
    assert json.loads(bad.stdout.strip().splitlines()[-1])["wrong"][0].startswith("sitter")
