"""The learner's names end: those in use stay, others go with age, and a stop in between changes nothing."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.learning import T_MS, VIEW, signals

from streams.learner.kept import dump, load
from streams.learner.learner import Learner
from streams.learner.names import LOOK_MS, Names
from streams.settings import Settings

acts = st.one_of(
    st.tuples(st.just("tell"), st.sets(st.integers(1, 30), min_size=1, max_size=5)),
    st.tuples(st.just("forget"), st.sets(st.integers(1, 30), max_size=10)),
    st.tuples(st.just("stop"), st.just(frozenset())),
)


@given(st.lists(acts, max_size=40))
@settings(max_examples=examples(150))
def test_a_name_goes_when_it_was_in_no_use_at_two_looks_in_a_row_and_not_told_between(script):
    names, now_ms, unused_since = Names(), T_MS, dict[int, int]()
    for what, numbers in script:
        if what == "tell":
            names.tell({number: str(number) for number in numbers})
            unused_since |= dict.fromkeys(numbers, 0)
        elif what == "forget":
            now_ms += LOOK_MS
            names.forget(now_ms, lambda used=numbers: used)
            unused_since = {
                number: 0 if number in numbers else looks + 1
                for number, looks in unused_since.items()
                if number in numbers or looks < 1
            }
        else:
            state, names = dump(names), Names()
            load(names, state)
            assert dump(names) == state
        assert names.texts == {number: str(number) for number in unused_since}


def test_a_learner_told_something_new_for_years_keeps_what_its_items_bear():
    learner, told = Learner(Settings()), 0
    for month in range(1, 40):
        texts = {10_000 * month + n: f"{month}.{n}" for n in range(100)}
        told += len(texts)
        learner.absorb(signals([(1, month, 0, VIEW, T_MS)], texts | {month: f"item {month}"}))
        learner.epoch(month, T_MS + month * LOOK_MS, 0)
        assert {n: f"item {n}" for n in range(1, month + 1)}.items() <= learner._names.texts.items()
        assert len(learner._names.texts) <= 100 + month
    assert learner._names.dropped == told - 100


def test_names_in_a_state_of_an_earlier_build_are_taken_up():
    names = Names()
    load(names, msgspec.msgpack.encode({7: "kettle"}))
    assert names.texts == {7: "kettle"}


def test_time_that_went_back_is_looked_at_again():
    names = Names()
    names.tell({7: "kettle"})
    names.forget(T_MS + 100 * LOOK_MS, set)
    names.forget(T_MS, set)
    assert names.texts == {}
