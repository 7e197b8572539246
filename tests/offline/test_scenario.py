from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.offline.scenario import Expectation, ScenarioError, check, play, read_scenario

SCENARIOS = sorted(Path("examples/scenarios").iterdir())


def test_there_are_the_six_kinds_of_shop() -> None:
    assert [folder.name for folder in SCENARIOS] == [
        "content-push", "cross-border", "domestic-marketplace", "mobile", "online-offline", "second-hand",
    ]  # fmt: skip


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda folder: folder.name)
def test_what_must_come_first_comes_first(folder: Path, tmp_path: Path) -> None:
    told = read_scenario(folder)
    assert check(told, play(folder, told, tmp_path / "bundle")) == []


def test_another_order_is_told(tmp_path: Path) -> None:
    folder = Path("examples/scenarios/mobile")
    told = read_scenario(folder)
    outcomes = play(folder, told, tmp_path / "bundle")
    wrong = [
        Expectation(user="sitter", order=["umbrella", "parasol-base"]),
        Expectation(user="sitter", order=["parasol-base"], scene="in_store"),
        Expectation(user="nobody", order=["umbrella"]),
    ]
    found = check(msgspec.structs.replace(told, expect=wrong), outcomes)
    assert [sentence.split(":")[0] for sentence in found] == ["sitter", "sitter", "nobody"]


def test_a_folder_without_a_scenario_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        read_scenario(tmp_path)
