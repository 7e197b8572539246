"""A fact happened in the cell that was known then, however the batch was cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.waves import T0_MS, make_wave

from schemas.state import UserState
from schemas.tables import CONTEXT_ROW, FACT_ROW
from schemas.vocabulary import ContextField
from streams.pipeline.aggregate import aggregate
from streams.pipeline.publish.context_at import Cells
from streams.settings import load_settings

SETTINGS = load_settings({})
CELL, DEVICE = ContextField.CELL, ContextField.DEVICE
USERS = 3


def told(reports):
    """CONTEXT_ROWs of (pos, user, ts, cell); every one is an event of its own."""
    rows = np.zeros(len(reports), CONTEXT_ROW)
    for i, (pos, user, ts, cell) in enumerate(reports):
        rows[i] = (pos, user, T0_MS + ts, pos + 1, cell, CELL)
    return rows


def facts(places):
    rows = np.zeros(len(places), FACT_ROW)
    for i, (pos, user) in enumerate(places):
        rows["pos"][i], rows["user"][i] = pos, user
    return rows


def known(*reports):
    """The state after some reports."""
    state = UserState.fresh([bytes([n]) * 16 for n in range(USERS)])
    wave = make_wave([])
    wave.contexts = told(reports)
    aggregate(state, wave, SETTINGS)
    return state.context


def test_nobody_told_a_cell():
    device = told([(0, 0, 0, 7)])
    device["field"] = DEVICE
    assert Cells(known(), device).at(facts([(1, 0)])) is None


def test_what_was_known_before_the_batch_holds_until_something_newer_is_told():
    cells = Cells(known((0, 0, 0, 7)), told([(1, 0, 5, 8), (3, 0, 2, 9)]))
    found = cells.at(facts([(0, 0), (2, 0), (4, 0), (4, 1)]))
    assert found.tolist() == [7, 8, 8, 0]


def test_a_cell_that_was_cleared_is_not_known():
    cells = Cells(known((0, 1, 0, 7)), told([(1, 1, 5, 0)]))
    assert cells.at(facts([(0, 1), (2, 1)])).tolist() == [7, 0]


def test_what_is_known_of_others_leaves_nobody_with_a_cell():
    """A partition's batch says the same whether or not it is decided with another's."""
    assert Cells(known((0, 0, 0, 7)), told([(1, 1, 5, 8)])).at(facts([(2, 2)])) is None


reports = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 4), st.booleans()), max_size=20
)


@given(reports, st.integers(0, 20))
def test_any_cut_gives_the_same_cells(rows, cut):
    """Rows: (user, ts, cell, is it a report); one a position."""
    said = [(pos, user, ts, cell) for pos, (user, ts, cell, reports) in enumerate(rows) if reports]
    asked = [(pos, user) for pos, (user, _, _, reports) in enumerate(rows) if not reports]
    whole = Cells(known(), told(said)).at(facts(asked))
    early = [report for report in said if report[0] < cut]
    late = [report for report in said if report[0] >= cut]
    parts = []
    for before, now, here in (
        (known(), early, [place for place in asked if place[0] < cut]),
        (known(*early), late, [place for place in asked if place[0] >= cut]),
    ):
        found = Cells(before, told(now)).at(facts(here))
        parts += [0] * len(here) if found is None else found.tolist()
    assert parts == ([0] * len(asked) if whole is None else whole.tolist())
