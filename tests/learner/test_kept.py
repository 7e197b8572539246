"""A learner that goes on from a state says what one says that never stopped, byte for byte."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.learning import DAY_MS, T_MS, signals

from schemas.ids import hash64
from schemas.vocabulary import EventType, TriggerKind
from streams.knowledge.news import CHANGE
from streams.knowledge.shelf import Shelf
from streams.learner.learner import Bounds, Learner
from streams.settings import Settings

HOUR_MS = 3_600_000
BOUNDS = [Bounds(users=1_000, chunk=7), Bounds(users=2, items=8, chunk=7)]
ROW = st.tuples(
    st.integers(1, 4),
    st.integers(0, 12),
    st.integers(0, 3).map(lambda c: c and c + 100),
    st.sampled_from(list(EventType)),
    st.integers(-30 * 24, 24),
)
STEP = st.tuples(st.lists(ROW, max_size=12), st.booleans(), st.booleans())
"""Facts of six hours; whether an epoch follows; whether the learner is stopped after it."""


def told(rows, number):
    now_ms = T_MS + number * 6 * HOUR_MS
    made = signals([(u, i, c, kind, now_ms + h * HOUR_MS // 24) for u, i, c, kind, h in rows])
    made.cells = b"".join((u % 3).to_bytes(8, "little") for u, *_ in rows)
    made.segments = b"".join((u % 2).to_bytes(8, "little") for u, *_ in rows)
    made.shared = bytes(u % 2 for u, *_ in rows)
    made.unshared = b"".join(u.to_bytes(8, "little") for u, *_ in rows[:1] if number % 3 == 2)
    items = [i for _, i, *_ in rows if i]
    made.pushed = np.array(items, "<u8").tobytes()
    made.pushed_ms = np.full(len(items), now_ms, "<i8").tobytes()
    made.stream_ms = now_ms
    return made


def epoch_of(learner, number):
    now_ms = T_MS + (number + 1) * 6 * HOUR_MS
    change = (1 + number % 12, 101, 100.0, now_ms - 1, int(TriggerKind.PRICE_DROP))
    learner.hear(np.array([change], CHANGE))
    titles = {n: {"item_id": str(n), "ts": T_MS, "title": f"thing {n}"} for n in range(number % 9)}
    learner.read(Shelf({n: json.dumps(v).encode() for n, v in titles.items()}, [3]))
    return msgspec.msgpack.encode(learner.epoch(now_ms, now_ms, 0))


def run(steps, bounds, stops):
    learner, epochs = Learner(Settings(social="on"), bounds), []
    for number, (rows, is_due, is_stopped) in enumerate(steps):
        learner.absorb(told(rows, number))
        if is_due:
            epochs.append(epoch_of(learner, number))
        if is_stopped and stops:
            state, learner = learner.dump(), Learner(Settings(social="on"), bounds)
            learner.load(state)
            assert learner.dump() == state
    return [*epochs, epoch_of(learner, len(steps)), learner.dump()]


@given(st.lists(STEP, max_size=12), st.sampled_from(BOUNDS))
@settings(max_examples=examples(60), deadline=None)
def test_wherever_a_learner_stops_it_goes_on_as_if_it_never_had(steps, bounds):
    assert run(steps, bounds, stops=True) == run(steps, bounds, stops=False)


@given(
    st.binary(max_size=60)
    | st.builds(msgspec.msgpack.encode, st.dictionaries(st.text(), st.none()))
)
@settings(max_examples=examples(100), deadline=None)
def test_what_is_no_state_is_refused(odd):
    with pytest.raises((ValueError, KeyError, TypeError)):
        Learner(Settings()).load(odd)


def test_every_attribute_of_a_part_is_kept_or_was_given():
    """Whoever adds a count must say whether it is kept: a new attribute fails here."""
    given_when_made = {
        "_most", "_most_users", "_zone", "_trained", "_pace", "_word", "_contained", "_chunk",
        "_list_length", "_shelf", "_beside", "made_with", "steps", "plan",
    }  # fmt: skip
    waiting = [Learner(Settings())]
    while waiting:
        part = waiting.pop()
        names = getattr(part, "__dataclass_fields__", None) or vars(part)
        assert set(names) - given_when_made == set(part.KEEPS), type(part).__name__
        values = [getattr(part, name) for name in part.KEEPS]
        values += [each for value in values if isinstance(value, dict) for each in value.values()]
        waiting += [value for value in values if hasattr(value, "KEEPS")]


def test_names_are_kept():
    learner, again = Learner(Settings()), Learner(Settings())
    learner.absorb(
        signals([(1, hash64("kettle"), 0, EventType.VIEW, T_MS)], {hash64("kettle"): "kettle"})
    )
    again.load(learner.dump())
    assert again.epoch(1, T_MS + DAY_MS, 0).names == {hash64("kettle"): "kettle"}
