"""Neighbours: worked out again where there is news, gone with what is forgotten."""

from __future__ import annotations

import numpy as np
from support.learning import DAY_MS, T_MS, VIEW, learned, signals

from streams.knowledge.shared import EpochView
from streams.learner.learner import Bounds, Learner
from streams.settings import Settings


def test_neighbours_are_worked_out_again_when_there_is_news_or_a_day_later():
    rows = [(user, item, 0, VIEW, T_MS) for user in range(1, 101) for item in (1, 2)]
    learner = Learner(Settings())
    learner.absorb(signals(rows))
    before = learner.epoch(1, T_MS, 0).neighbours
    learner.absorb(signals([(500, 2, 0, VIEW, T_MS), (500, 3, 0, VIEW, T_MS)]))
    assert learner.epoch(2, T_MS, 0).neighbours == before
    assert 3 in learner.epoch(3, T_MS + DAY_MS, 0).neighbours
    learner.absorb(signals([(u, i, 0, VIEW, T_MS) for u in range(600, 700) for i in (4, 5)]))
    assert 5 in learner.epoch(4, T_MS + DAY_MS, 0).neighbours


def test_an_item_that_was_forgotten_is_in_no_list_any_more():
    learner = Learner(Settings(), Bounds(items=8, chunk=1))
    old = [(user, item, 0, VIEW, T_MS) for user in range(1, 101) for item in (1, 2)]
    learner.absorb(signals(old))
    assert set(learner.epoch(1, T_MS, 0).neighbours) == {1, 2}
    learner.absorb(signals([(500 + n, n, 0, VIEW, T_MS + n) for n in range(3, 10)]))
    epoch = learner.epoch(2, T_MS, 0)
    assert epoch.neighbours == {}
    assert set(epoch.names) == set(range(3, 10))


def test_a_long_record_counts_in_the_same_chunks_as_short_ones():
    rows = [
        (1, 1, 0, VIEW, T_MS),
        (2, 1, 0, VIEW, T_MS),
        (1, 2, 0, VIEW, T_MS),
        (2, 2, 0, VIEW, T_MS),
    ]
    forgetful = Bounds(users=1, chunk=2)
    assert learned(rows, bounds=forgetful).neighbours[1][0].tolist() == []
    assert learned(rows[:2], rows[2:], bounds=forgetful).neighbours[1][0].tolist() == []
    assert learned(rows).neighbours[1][0].tolist() == [2]


def viewed(user, items, ts_ms):
    return [(user, item, 101, VIEW, ts_ms + n * 1000) for n, item in enumerate(items)]


def test_an_item_launched_an_hour_ago_has_neighbours_and_is_one():
    """Long history of other items; then a launch that three users look at beside item 1."""
    old = [row for user in range(300) for row in viewed(1000 + user, (1, 2, 3, 4), T_MS + user)]
    launch = [row for user in range(3) for row in viewed(user + 1, (1, 77), T_MS + 3_600_000)]
    learner = Learner(Settings())
    learner.absorb(signals(old))
    before = EpochView.decode(learner.epoch(1, T_MS + 3_600_000, 0))
    learner.absorb(signals(launch))
    after = EpochView.decode(learner.epoch(2, T_MS + 2 * 3_600_000, 0))
    assert 77 not in before.neighbours.keys
    assert 1 in after.neighbours[77][0]
    assert 77 in after.neighbours[1][0]
    np.testing.assert_array_equal(after.neighbours[2][0], before.neighbours[2][0])


def test_the_lists_of_a_launch_are_those_of_a_full_count():
    old = [row for user in range(300) for row in viewed(1000 + user, (1, 2, 3, 4), T_MS + user)]
    launch = [row for user in range(3) for row in viewed(user + 1, (1, 77), T_MS + 3_600_000)]
    step_by_step = Learner(Settings())
    step_by_step.absorb(signals(old))
    step_by_step.epoch(1, T_MS + 3_600_000, 0)
    step_by_step.absorb(signals(launch))
    view = EpochView.decode(step_by_step.epoch(2, T_MS + 2 * 3_600_000, 0))
    whole = learned(old + launch, now_ms=T_MS + 2 * 3_600_000)
    for item in (1, 77):
        np.testing.assert_array_equal(view.neighbours[item][0], whole.neighbours[item][0])
        np.testing.assert_array_equal(view.neighbours[item][1], whole.neighbours[item][1])
