"""What was launched after training, from the epoch; the bundle's table is tested in `test_tables`."""

from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.content import BEST_SCORE, SOURCE
from streams.settings import Settings

VIEW = EventType.VIEW


def found(build, **shared):
    due = build.due([[("kettle", VIEW, 2), ("teapot", VIEW, 1)]])
    return build.rows(SOURCE.propose(due, build.shared(**shared), Settings()))


def test_a_launched_item_is_found_from_what_it_is_described_like(build):
    likeness = {"new": {"kettle": 0.5, "teapot": 0.25}, "other": {"chair": 0.9}}
    strength = 0.25 + 0.8 * 0.5
    expected = BEST_SCORE * strength / (1 + strength)
    assert found(build, described=likeness) == {(0, hash64("new")): pytest.approx(expected)}


def test_what_table_and_epoch_both_know_keeps_the_better_score(build):
    table = {"content": {"teapot": {"new": 1.0}}}
    both = found(build, described={"new": {"teapot": 0.25}}, tables=table)
    assert both == {(0, hash64("new")): pytest.approx(BEST_SCORE / 2)}
