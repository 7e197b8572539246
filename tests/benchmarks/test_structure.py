"""The figures of the structure on known graphs, and what they must be for ours."""

from __future__ import annotations

import json

import pytest

from benchmarks.structure import ROOT, circles, declared_layers, figures, import_graph, main

LAYERS = ["top", "left | right", "low"]
SOUND = {
    "p": set[str](),
    "p.top": {"p.left.a", "p.right"},
    "p.left": set[str](),
    "p.left.a": {"p.left.b", "p.low"},
    "p.left.b": {"p.low", "q.other"},
    "p.right": {"p.low"},
    "p.low": set[str](),
}


def test_rooms_floors_and_arrows_are_counted_between_rooms_only():
    assert figures("p", SOUND, LAYERS) == {
        "rooms": 4, "floors": 3, "arrows": 4, "arrows_back_up": 0, "circles": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("here", "there"), [("p.low", "p.top"), ("p.left.b", "p.right")])
def test_an_arrow_to_a_higher_floor_or_a_sibling_runs_back_up(here, there):
    grown = {**SOUND, here: SOUND[here] | {there}}
    assert figures("p", grown, LAYERS)["arrows_back_up"] == 1


def test_a_room_that_no_layer_names_is_below_none():
    grown = {**SOUND, "p.low": {"p.cellar"}, "p.cellar": {"p.low"}}
    assert figures("p", grown, LAYERS)["arrows_back_up"] == 1


def test_modules_that_import_each_other_are_one_circle_and_leave_no_floors():
    round_trip = {"p.a": {"p.b"}, "p.b": {"p.c"}, "p.c": {"p.a"}, "p.d": {"p.a"}}
    assert circles(round_trip) == 1
    assert figures("p", round_trip, ["d", "a | b | c"])["floors"] == 0


@pytest.mark.parametrize(("package", "rooms"), [("streams", 12), ("models", 12)])
def test_ours_has_few_rooms_and_floors_and_nothing_runs_back_up(package, rooms):
    found = figures(package, import_graph(), declared_layers(package))
    assert found["rooms"] <= rooms
    assert 0 < found["floors"] <= 7
    assert found["arrows_back_up"] == found["circles"] == 0


@pytest.mark.parametrize("package", ["streams", "models", "schemas"])
def test_every_folder_of_code_is_a_package_that_the_figures_see(package):
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("package", ["streams", "models"])
def test_the_package_itself_imports_no_room(package):
    """Its arrows would count for none."""
    assert import_graph()[package] == set()


def test_the_command_ends_with_one_json_line(capsys):
    assert main() == 0
    assert set(json.loads(capsys.readouterr().out)) == {"streams", "models"}
