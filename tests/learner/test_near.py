"""What is in demand near a place."""

from __future__ import annotations

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples
from support.learning import T_MS, VIEW, signals

from schemas.ids import hash64
from streams.knowledge.shared import EpochView
from streams.learner import near
from streams.learner.learner import Bounds, Learner
from streams.learner.near import NearDemand, cells_beside
from streams.settings import Settings

BERLIN = h3.latlng_to_cell(52.52, 13.405, 5)
BESIDE = sorted(h3.grid_ring(BERLIN, 1))[0]
MUNICH = h3.latlng_to_cell(48.14, 11.58, 5)
DAY_MS = 86_400_000


def learnt(views, now_ms=T_MS + 1, bounds=None):
    """``views``: (cell, item, how many)."""
    learner = Learner(Settings(), bounds)
    rows = [(user, item, 0, VIEW, T_MS) for _, item, n in views for user in range(1, n + 1)]
    cells = [hash64(cell) if cell else 0 for cell, _, n in views for _ in range(n)]
    told = signals(rows)
    told.cells = np.array(cells, "<u8").tobytes()
    told.names |= {hash64(cell): cell for cell, *_ in views if cell}
    learner.absorb(told)
    return EpochView.decode(learner.epoch(1, now_ms, 0)).cell_trending


def near_to(found, cell):
    items, scores = found[hash64(cell)]
    return dict(zip(items.tolist(), scores.tolist(), strict=True))


def test_an_item_is_hot_where_it_is_looked_at_and_half_as_hot_next_door():
    found = learnt([(BERLIN, 7, 10), (BESIDE, 8, 10), (MUNICH, 9, 10)])
    assert near_to(found, BERLIN) == {7: 1.0, 8: 0.5}
    assert near_to(found, BESIDE) == {8: 1.0, 7: 0.5}
    assert near_to(found, MUNICH) == {9: 1.0}


def test_a_few_looks_are_no_demand_and_a_place_not_known_is_none():
    assert not len(learnt([(BERLIN, 7, 2), (None, 8, 50)]))
    assert near_to(learnt([(BERLIN, 7, 3)]), BERLIN) == {7: 1.0}


def test_after_a_week_it_is_forgotten():
    assert not len(learnt([(BERLIN, 7, 10)], now_ms=T_MS + 8 * DAY_MS))


def test_the_busiest_cells_are_told(monkeypatch):
    monkeypatch.setattr(near, "MAX_CELLS", 1)
    found = learnt([(BERLIN, 7, 5), (MUNICH, 9, 6)])
    assert found.keys.tolist() == [hash64(MUNICH)]


def test_the_lists_follow_items_that_are_forgotten():
    views = [(BERLIN, item, 4) for item in range(1, 12)]
    found = learnt(views, bounds=Bounds(users=100, items=8, chunk=4))
    assert 0 < len(near_to(found, BERLIN)) <= 8


def test_beyond_the_bound_the_oldest_hours_go():
    demand = NearDemand(cells_beside, most=8)
    for hour in range(20):
        demand.add(
            np.array([5], np.uint64), np.array([hour]), np.array([T_MS + hour * 3_600_000]),
            np.array([1]),
        )  # fmt: skip
    assert len(demand._tally) <= 9


def test_a_column_of_another_length_is_refused():
    told = signals([(1, 7, 0, VIEW, T_MS)])
    told.cells = b"\0" * 16
    with pytest.raises(ValueError, match="2 cells of 1 facts"):
        Learner(Settings()).absorb(told)


@hypothesis_settings(max_examples=examples(40))
@given(st.permutations(range(6)))
def test_the_order_in_which_signals_come_does_not_matter(order):
    views = [
        (BERLIN, 7, 5),
        (BERLIN, 8, 3),
        (BESIDE, 8, 4),
        (MUNICH, 9, 6),
        (BESIDE, 7, 3),
        (MUNICH, 7, 3),
    ]
    plain, mixed = learnt(views), learnt([views[n] for n in order])
    assert plain.keys.tolist() == mixed.keys.tolist()
    for cell in (BERLIN, BESIDE, MUNICH):
        assert near_to(plain, cell) == near_to(mixed, cell)
