"""The tables of hard rules: the newest lines of each user, and until when others were forgotten."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.deeds import TABLES
from schemas.state import NEVER_MS, UserState
from schemas.tables import FACT_ROW
from schemas.vocabulary import EventType
from streams.pipeline.aggregate import tables
from streams.pipeline.aggregate.tables import add_to_tables

T0_MS, MOST = 1_700_000_000_000, 5
KINDS = (
    EventType.PURCHASE,
    EventType.RETURN,
    EventType.CART,
    EventType.REMOVE_CART,
    EventType.VIEW,
)
LINES = st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(1, 9), st.sampled_from(KINDS))


def facts_of(lines):
    rows = [
        (0, user, T0_MS + minute, event, event, 0, -1, 0, 1, 0, kind)
        for user, minute, event, kind in lines
    ]
    return np.array(rows, FACT_ROW)


def rows_of(state):
    return [
        (getattr(state, name).data.tobytes(), state.head[table.forgot].tolist())
        for name, table in TABLES.items()
    ]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Tables that forget after a few lines."""
    for name, table in TABLES.items():
        monkeypatch.setitem(tables.TABLES, name, table._replace(most=MOST))


@settings(max_examples=examples(60))
@given(st.lists(LINES, unique=True, max_size=40), st.data())
def test_a_table_is_a_function_of_the_set_of_lines(lines, data):
    monkey = pytest.MonkeyPatch()
    for name, table in TABLES.items():
        monkey.setitem(tables.TABLES, name, table._replace(most=MOST))
    states = []
    for order in (lines, data.draw(st.permutations(lines))):
        state, cut = UserState.fresh([b"a" * 16, b"b" * 16]), data.draw(st.integers(0, len(order)))
        for part in (order[:cut], order[cut:]):
            add_to_tables(state, facts_of(part))
        states.append(rows_of(state))
    monkey.undo()
    assert states[0] == states[1]


def test_the_oldest_line_beyond_the_limit_goes_and_leaves_its_time():
    state = UserState.fresh([b"a" * 16])
    add_to_tables(state, facts_of([(0, n, n + 1, EventType.PURCHASE) for n in range(MOST)]))
    assert state.head["orders_forgot_ms"].tolist() == [NEVER_MS]
    add_to_tables(state, facts_of([(0, 9, 99, EventType.PURCHASE), (0, 9, 98, EventType.PURCHASE)]))
    assert state.head["orders_forgot_ms"].tolist() == [T0_MS + 1]
    assert state.orders.data["event"].tolist() == [3, 4, 5, 98, 99]
    assert state.head["carts_forgot_ms"].tolist() == [NEVER_MS]
