"""Each rule on hand-made rows."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from support.waves import T0_MS, make_wave

from schemas.deeds import TABLES
from schemas.state import CONTEXT, EVENT, TIMER, Ragged, UserState
from schemas.tables import CONTEXT_ROW, FACT_ROW
from schemas.vocabulary import ContextField, EventType, Standing, TriggerKind
from streams.pipeline.aggregate import aggregate
from streams.pipeline.aggregate.budget import note_spent
from streams.pipeline.aggregate.journal import note_debounce
from streams.pipeline.trigger.cart_left import left_in_cart
from streams.pipeline.trigger.context_change import changes, may_change
from streams.pipeline.trigger.follow_up import still_own
from streams.pipeline.trigger.interest import may_repeat, repeats
from streams.pipeline.trigger.search_left import searches_left
from streams.pipeline.trigger.timer_reasons import timer_reasons
from streams.pipeline.trigger.waits import debounced, waits
from streams.settings import load_settings
from streams.state.refill import tables_of

SETTINGS = load_settings({})
THE_ONE = np.zeros(1, np.int64)
VIEW, CART, FAV, BUY = EventType.VIEW, EventType.CART, EventType.FAV, EventType.PURCHASE


def rows(*events):
    """EVENT rows of one user from (item, type, minute), between two users without any."""
    found = np.zeros(len(events), EVENT)
    for i, (item, kind, minute) in enumerate(events):
        found[i] = (T0_MS + minute * 60_000, i + 1, item, 0, -1, 0, 1, 0, kind)
    return Ragged(found, np.array([0, 0, len(found), len(found)]))


def state_of(*events):
    """The three users with these rows, and with what the tables keep of them."""
    state = UserState.fresh([bytes([n]) * 16 for n in range(3)])
    state.events = rows(*events)
    for name, table in tables_of(state.events).items():
        setattr(state, name, table)
    return state


def of_the_second(answers):
    """What is said of the user who has the rows; nothing may be said of the others."""
    assert not answers[0]
    assert not answers[2]
    return answers[1]


def the_same_for_all(value, dtype=np.uint64):
    return np.full(3, value, dtype)


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
        ([(8, CART, 1), (7, CART, 1)], 8),
        ([(7, CART, 0), (7, EventType.REMOVE_CART, 1)], 0),
        ([(7, CART, 0), (7, BUY, 1)], 0),
        ([(7, CART, 0), (7, BUY, 0)], 0),
        ([(7, CART, 0), (7, BUY, 1), (7, CART, 2)], 7),
        ([(7, VIEW, 0), (7, FAV, 1)], 0),
        ([], 0),
    ],
)
def test_a_cart_is_left_when_its_newest_item_was_neither_removed_nor_bought(events, left):
    assert of_the_second(left_in_cart(state_of(*events))[0]) == left


def test_a_search_is_left_until_something_is_bought_after_it():
    searched_ms = the_same_for_all(T0_MS, np.int64)
    for events, left in ((((7, VIEW, 1),), True), (((7, BUY, -5),), True), (((7, BUY, 0),), False)):
        assert searches_left(state_of(*events).orders, searched_ms).tolist() == [True, left, True]


def test_a_follow_up_needs_an_item_that_was_not_sent_back():
    def owns(*events):
        return still_own(state_of(*events).orders, the_same_for_all(7)).tolist()

    back = EventType.RETURN
    assert owns((7, BUY, 0)) == [True] * 3, "the line may be forgotten: the timer still knows it"
    assert not owns((7, BUY, 0), (7, back, 1))[1]
    assert owns((7, BUY, 0), (8, BUY, 0), (8, back, 1))[1]
    assert owns((7, BUY, 0), (7, BUY, 1), (7, back, 2))[1]


def timer_of(kind, minute, item=7):
    delays = {
        TriggerKind.CART_LEFT: SETTINGS.cart_left_ms,
        TriggerKind.FOLLOW_UP: SETTINGS.follow_up_ms,
    }
    due_ms = T0_MS + minute * 60_000 + delays[kind]
    return np.array([(due_ms, 1, item, kind)] * 3, TIMER)


@pytest.mark.parametrize(
    ("kind", "events", "forgot", "standing"),
    [
        (TriggerKind.CART_LEFT, [(7, CART, 0)], {}, Standing.STANDS),
        (TriggerKind.CART_LEFT, [(7, CART, 0), (7, BUY, 1)], {}, Standing.GONE),
        (TriggerKind.CART_LEFT, [], {"carts": -1}, Standing.GONE),
        (TriggerKind.CART_LEFT, [], {"carts": 0}, Standing.FORGOTTEN),
        (TriggerKind.CART_LEFT, [(7, CART, 0)], {"carts": 5}, Standing.STANDS),
        (TriggerKind.CART_LEFT, [(7, CART, 0)], {"orders": -1}, Standing.STANDS),
        (TriggerKind.CART_LEFT, [(7, CART, 0)], {"orders": 0}, Standing.FORGOTTEN),
        (TriggerKind.FOLLOW_UP, [(7, BUY, 0)], {"orders": 5}, Standing.STANDS),
        (TriggerKind.FOLLOW_UP, [(7, BUY, 0), (7, EventType.RETURN, 1)], {}, Standing.GONE),
        (TriggerKind.FOLLOW_UP, [(7, EventType.RETURN, 1)], {"orders": 0}, Standing.FORGOTTEN),
    ],
)  # fmt: skip
def test_a_reason_is_in_doubt_only_where_lines_since_its_cause_were_forgotten(
    kind, events, forgot, standing
):
    state = state_of(*events)
    for name, minute in forgot.items():
        state.head[TABLES[name].forgot] = T0_MS + minute * 60_000
    assert timer_reasons(state, timer_of(kind, 0), SETTINGS)[1][1] == standing


def test_repeated_interest_counts_views_inside_the_window_only():
    state = after((7, VIEW, 0), (7, VIEW, 24 * 60 + 1), (7, VIEW, 24 * 60 + 2))
    assert not repeats(state.events, THE_ONE, last_of(state), "item", 3, 86_400_000)
    assert repeats(state.events, THE_ONE, last_of(state), "item", 2, 86_400_000)


def test_interest_that_ended_in_a_purchase_is_no_trigger():
    state = after((7, VIEW, 0), (7, VIEW, 1), (7, BUY, 2), (7, VIEW, 3))
    assert not repeats(state.events, THE_ONE, last_of(state), "item", 3, 86_400_000)


def last_of(state):
    """The newest event of the one user, as the fact it was."""
    fact = np.zeros(1, FACT_ROW)
    for name in EVENT.names:
        fact[name] = state.events.data[name][-1]
    return fact


def test_the_quick_test_counts_stored_and_waiting_views():
    state = after((7, VIEW, 0))
    waiting = make_wave([(0, T0_MS, 10 + i, item, 0, VIEW) for i, item in enumerate((8, 7, 7))])
    assert may_repeat(state, waiting.facts, "item", 3).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("known", "applied", "report", "changed"),
    [
        (11, [], 22, True),
        (11, [], 11, False),
        (None, [], 22, False),
        (0, [], 22, False),
        (11, [], 0, False),
        (11, [22], 22, False),
        (None, [11], 22, True),
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
    assert changes(before, batch[:-1], batch[-1:]).tolist() == [changed]
    if changed:
        assert may_change(before, batch)[-1], "the quick test must not miss it"


def test_an_old_report_that_arrives_late_changes_nothing():
    before = UserState.fresh([b"u" * 16])
    before.context.data = np.array([(T0_MS, 1, 11, ContextField.DEVICE)], CONTEXT)
    before.context.offsets = np.array([0, 1])
    late = np.array([(0, 0, T0_MS - 1, 2, 22, ContextField.DEVICE)], CONTEXT_ROW)
    assert not changes(before, late[:0], late)[0]


def test_the_debounce_is_per_kind_and_ends():
    state = after()
    note_debounce(state, np.array([0]), np.array([TriggerKind.FAVOURITE]), np.array([T0_MS]))
    favourite, cart = TriggerKind.FAVOURITE, TriggerKind.CART_LEFT
    kinds = np.array([favourite, favourite, cart])
    now_ms = T0_MS + np.array([999, 1000, 0])
    waits = debounced(state, np.zeros(3, np.int64), kinds, now_ms, 1000)
    assert waits.tolist() == [True, False, False]


def test_the_hour_closes_after_the_first_decision_beyond_the_budget_and_the_next_one_is_open():
    state, favourite = after(), np.array([TriggerKind.FAVOURITE])
    budget = replace(SETTINGS, decisions_per_hour=2, debounce_ms=1_000)
    hour_ms = T0_MS // 3_600_000 * 3_600_000
    closed = []
    for minute in (0, 1, 2, 3, 60):
        now_ms = np.array([hour_ms + minute * 60_000])
        closed.append(bool(waits(state, THE_ONE, favourite, now_ms, budget)[0]))
        if not closed[-1]:
            note_spent(state, THE_ONE, now_ms)
            note_debounce(state, THE_ONE, favourite, now_ms)
    assert closed == [False, False, False, True, False]
