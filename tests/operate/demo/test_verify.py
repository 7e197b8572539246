"""The demo's checks find what is wrong: each sum spoilt in turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.export import FOLDER
from streams.operate.demo.verify import MOST_PROBLEMS, Outputs, decoded, invalid, problems


def outputs() -> Outputs:
    return Outputs(
        decisions=[{"decision_id": str(n)} for n in range(3)],
        recommendations=[
            {"action": "upsert", "revision": 0},
            {"action": "upsert", "revision": 1},
            {"action": "cancel", "revision": 1},
        ],
        suppressions=[{"reason": "min_gap"}, {"reason": "min_gap"}],
        dead_letters=2,
    )


def counts() -> dict[str, int]:
    return {
        "consumed": 10, "accepted": 7, "duplicates": 1, "late": 1, "dead_letters": 1,
        "other_dead_letters": 1,
    }  # fmt: skip


def test_right_sums_have_no_problems() -> None:
    assert problems(outputs(), counts(), produced=10) == []


def test_a_cancel_is_no_recommendation() -> None:
    assert outputs().recommended == 1
    assert outputs().suppressed == {"min_gap": 2}


@pytest.mark.parametrize("name", ["consumed", "accepted", "duplicates", "late", "dead_letters"])
def test_a_counter_that_is_off_is_found(name: str) -> None:
    assert problems(outputs(), {**counts(), name: counts()[name] + 1}, produced=10)


def test_a_lost_event_is_found() -> None:
    assert problems(outputs(), counts(), produced=11) == ["consumed, produced: 10 is not 11"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda o: o.decisions.append({"decision_id": "9"}),
        lambda o: o.decisions[0].update(decision_id="1"),
        lambda o: o.recommendations.append({"action": "upsert", "revision": 0}),
        lambda o: o.suppressions.pop(),
        lambda o: setattr(o, "dead_letters", 1),
    ],
)
def test_outputs_that_do_not_add_up_are_found(spoil: Callable[[Outputs], Any]) -> None:
    spoilt = outputs()
    spoil(spoilt)
    assert problems(spoilt, counts(), produced=10)


def test_a_record_against_the_schema_is_named() -> None:
    schema = json.loads((FOLDER / "recommendation.schema.json").read_bytes())
    found = invalid([{"recommendation_id": "r1", "action": "shout"}], schema)
    assert 0 < len(found) <= MOST_PROBLEMS
    assert all(sentence.startswith("r1: ") for sentence in found)


def test_tombstones_are_skipped() -> None:
    assert decoded([b'{"a": 1}', None]) == [{"a": 1}]
