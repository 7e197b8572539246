"""Each rule on hand-made rows."""

from __future__ import annotations

import numpy as np
import pytest
from support.waves import T0_MS, make_wave

from schemas.state import CONTEXT, EVENT, UserState
from schemas.tables import CONTEXT_ROW
from schemas.vocabulary import ContextField, EventType, TriggerKind
from streams.aggregate import aggregate
from streams.settings import load_settings
from streams.trigger.cart_left import cart_is_left, open_cart
from streams.trigger.context_change import changed_field, may_change
from streams.trigger.due import debounced
from streams.trigger.follow_up import still_owns
from streams.trigger.interest import may_repeat, repeats
from streams.trigger.search_left import search_is_left

SETTINGS = load_settings({})
VIEW, CART, FAV, BUY = EventType.VIEW, EventType.CART, EventType.FAV, EventType.PURCHASE


def rows(*events):
    """EVENT rows of one user from (item, type, minute)."""
    found = np.zeros(len(events), EVENT)
    for i, (item, kind, minute) in enumerate(events):
        found[i] = (T0_MS + minute * 60_000, i + 1, item, 0, -1, 1, 0, kind)
    return found


def after(*events):
    """State of one user after (item, type, minute) events of category 5."""
    state = UserState.fresh([b"u" * 16])
    made = [
        (0, T0_MS + m * 60_000, i + 1, item, 5, kind) for i, (item, kind, m) in enumerate(events)
    ]
    aggregate(state, make_wave(made), SETTINGS)
    return state


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ([(7, CART, 0)], 7),
        ([(7, CART, 0), (8, CART, 1)], 8),
        ([(8, CART, 1), (7, CART, 0)], 8),
        ([(7, CART, 0), (7, EventType.REMOVE_CART, 1)], None),
        ([(7, CART, 0), (7, BUY, 1)], None),
        ([(7, CART, 0), (7, BUY, 0)], None),
        ([(7, CART, 0), (7, BUY, 1), (7, CART, 2)], 7),
        ([(7, VIEW, 0), (7, FAV, 1)], None),
        ([], None),
    ],
)
def test_a_cart_is_left_when_its_newest_item_was_neither_removed_nor_bought(events, left):
    assert cart_is_left(rows(*events)) == left


def test_the_open_cart_lists_items_in_the_order_in_which_they_came():
    assert open_cart(rows((9, CART, 3), (7, CART, 1), (8, CART, 2))).tolist() == [7, 8, 9]


def test_a_search_is_left_until_something_is_bought_after_it():
    assert search_is_left(rows((7, BUY, -5)), T0_MS)
    assert not search_is_left(rows((7, BUY, 0)), T0_MS)


def test_a_follow_up_needs_an_item_that_was_not_sent_back():
    assert still_owns(rows((7, BUY, 0)), 7)
    assert still_owns(rows(), 7), "the fact may have left the row: the timer still knows it"
    assert not still_owns(rows((7, BUY, 0), (7, EventType.RETURN, 1)), 7)
    assert still_owns(rows((7, BUY, 0), (7, BUY, 1), (7, EventType.RETURN, 2)), 7)


def test_repeated_interest_counts_views_inside_the_window_only():
    state = after((7, VIEW, 0), (7, VIEW, 24 * 60 + 1), (7, VIEW, 24 * 60 + 2))
    last = state.events.data[-1]
    assert not repeats(state, 0, last, "item", 3, 86_400_000)
    assert repeats(state, 0, last, "item", 2, 86_400_000)


def test_interest_that_ended_in_a_purchase_is_no_trigger():
    state = after((7, VIEW, 0), (7, VIEW, 1), (7, BUY, 2), (7, VIEW, 3))
    assert not repeats(state, 0, state.events.data[-1], "item", 3, 86_400_000)


def test_the_quick_test_counts_stored_and_waiting_views():
    state = after((7, VIEW, 0))
    waiting = make_wave([(0, T0_MS, 10 + i, item, 0, VIEW) for i, item in enumerate((8, 7, 7))])
    assert may_repeat(state, waiting.facts, "item", 3).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("known", "applied", "report", "changed"),
    [
        (11, [], 22, ContextField.DEVICE),
        (11, [], 11, None),
        (None, [], 22, None),
        (0, [], 22, None),
        (11, [], 0, None),
        (11, [22], 22, None),
        (None, [11], 22, ContextField.DEVICE),
    ],
)
def test_a_situation_changes_when_a_known_value_gives_way_to_another(
    known, applied, report, changed
):
    before = UserState.fresh([b"u" * 16])
    if known is not None:
        before.context.data = np.array([(T0_MS, 1, known, ContextField.DEVICE)], CONTEXT)
        before.context.offsets = np.array([0, 1])
    told = [
        (i, 0, T0_MS + 1 + i, 2 + i, v, ContextField.DEVICE)
        for i, v in enumerate([*applied, report])
    ]
    batch = np.array(told, CONTEXT_ROW)
    assert changed_field(before, 0, batch[:-1], batch[-1:]) == changed
    if changed is not None:
        assert may_change(before, batch)[-1], "the quick test must not miss it"


def test_an_old_report_that_arrives_late_changes_nothing():
    before = UserState.fresh([b"u" * 16])
    before.context.data = np.array([(T0_MS, 1, 11, ContextField.DEVICE)], CONTEXT)
    before.context.offsets = np.array([0, 1])
    late = np.array([(0, 0, T0_MS - 1, 2, 22, ContextField.DEVICE)], CONTEXT_ROW)
    assert changed_field(before, 0, late[:0], late) is None


def test_the_debounce_is_per_kind_and_ends():
    state = after()
    from streams.aggregate.journal import note_decisions

    note_decisions(state, np.array([0]), np.array([TriggerKind.FAVOURITE]), np.array([T0_MS]))
    assert debounced(state, 0, TriggerKind.FAVOURITE, T0_MS + 999, 1000)
    assert not debounced(state, 0, TriggerKind.FAVOURITE, T0_MS + 1000, 1000)
    assert not debounced(state, 0, TriggerKind.CART_LEFT, T0_MS, 1000)
