"""The behaviour that all sources share; every new source is tested by being in SOURCES."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.pipeline.candidates import SOURCES, gather
from streams.pipeline.candidates.gather import REPURCHASE
from streams.settings import Settings

SETTINGS = Settings(candidates_per_source=5)
UNKNOWN_USER = 5


@pytest.fixture(params=SOURCES, ids=lambda source: source.name)
def source(request):
    return request.param


def test_every_source_has_something_to_say_about_the_rich_users(source, build):
    assert len(source.propose(build.rich_due(), build.rich_shared(), SETTINGS))


def test_it_never_proposes_what_the_user_owns_unless_it_is_for_that(source, build):
    found = build.rows(source.propose(build.rich_due(), build.rich_shared(), SETTINGS))
    if source.owned:
        assert (3, hash64("i9")) in found
        return
    assert (1, hash64("i1")) not in found
    assert (3, hash64("new2")) not in found
    assert (3, hash64("i9")) not in found


def test_it_never_proposes_what_is_sold_out_or_withdrawn(source, build):
    found = source.propose(build.rich_due(), build.rich_shared(), Settings())
    assert not {hash64("sold-out"), hash64("gone")} & set(found.item.tolist())


def test_it_proposes_an_item_that_the_catalogue_does_not_know(source, build):
    if source.name == "arrivals":
        shared = build.shared(arrivals={"i7": 0.5})
    else:
        shared = build.rich_shared()
        shared = Shared(shared.epoch, Catalogue(), shared.tables)
    found = source.propose(build.rich_due(), shared, SETTINGS)
    # What lives on prices and dates has nothing to say without them.
    assert bool(len(found)) == (source.name not in ("price_drop", "rediscovered"))


def test_its_scores_are_finite_and_between_zero_and_one(source, build):
    score = source.propose(build.rich_due(), build.rich_shared(), SETTINGS).score
    assert score.dtype == np.float32
    assert np.isfinite(score).all()
    assert ((score >= 0) & (score <= 1)).all()


def test_it_gives_a_user_no_item_twice_and_not_too_many(source, build):
    found = source.propose(build.rich_due(), build.rich_shared(), SETTINGS)
    pairs = list(zip(found.due.tolist(), found.item.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert np.bincount(found.due).max() <= SETTINGS.candidates_per_source


def test_it_sorts_by_user_then_best_first_then_hash(source, build):
    found = source.propose(build.rich_due(), build.rich_shared(), SETTINGS)
    keys = list(zip(found.due.tolist(), -found.score, found.item.tolist(), strict=True))
    assert keys == sorted(keys)


def test_the_best_of_many_are_the_first_of_more(source, build):
    few = source.propose(build.rich_due(), build.rich_shared(), Settings(candidates_per_source=2))
    more = source.propose(build.rich_due(), build.rich_shared(), SETTINGS)
    for user in range(6):
        expected = more.item[more.due == user][:2]
        assert few.item[few.due == user].tolist() == expected.tolist()


def test_only_a_cold_source_knows_something_for_an_unknown_user(source, build):
    found = source.propose(build.rich_due(), build.rich_shared(), SETTINGS)
    assert (UNKNOWN_USER in found.due) == source.cold


def test_it_says_the_same_twice(source, build, bytes_of):
    once = source.propose(build.rich_due(), build.rich_shared(), SETTINGS)
    again = source.propose(build.rich_due(), build.rich_shared(), SETTINGS)
    assert bytes_of(once) == bytes_of(again)


def test_without_epoch_and_catalogue_it_does_not_fail(source, build):
    found = source.propose(build.rich_due(), build.nothing(), SETTINGS)
    assert len(found) == 0 or not source.cold


def test_without_users_it_proposes_nothing(source, build):
    assert not len(source.propose(build.due([]), build.rich_shared(), SETTINGS))


def test_an_event_from_the_future_counts_as_now(source, build):
    ahead = build.due([[("i1", kind, -20, "c1")] for kind in (0, EventType.CART, EventType.FAV)])
    now = build.due([[("i1", kind, 0, "c1")] for kind in (0, EventType.CART, EventType.FAV)])
    shared = build.rich_shared()
    first, second = (build.rows(source.propose(d, shared, SETTINGS)) for d in (ahead, now))
    assert first == second


def test_users_decide_alone_or_together_in_any_order_alike(source, build, bytes_of):
    due, shared = build.rich_due(), build.rich_shared()
    together = source.propose(due, shared, SETTINGS)
    for order in ([5, 4, 3, 2, 1, 0], [2, 2, 0], [1], [5]):
        taken = source.propose(due.take(np.array(order)), shared, SETTINGS)
        parts = [together.take(together.due == user) for user in order]
        for place, part in enumerate(parts):
            mine = taken.take(taken.due == place)
            same = dataclasses.replace(mine, due=part.due)
            assert bytes_of(same) == bytes_of(part)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([f"i{n}" for n in range(8)] + ["sold-out", "gone", "new1"]),
        st.sampled_from([k for k in EventType if k not in (EventType.APP_MINUTES,)]),
        st.integers(-5, 2_000).map(lambda tenth: tenth / 10),
        st.sampled_from([None, "c1", "c2"]),
        st.integers(1, 3),
    ),
    max_size=12,
)


@given(users=st.lists(EVENTS, min_size=1, max_size=5), data=st.data())
@settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
def test_gathering_obeys_the_rules_for_any_history(build, bytes_of, users, data):
    due, shared = build.due(users), build.rich_shared()
    found = gather(due, shared, SETTINGS)
    pairs = list(zip(found.due.tolist(), found.item.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    for user, events in enumerate(users):
        for item in {name for name, *_ in events}:
            bought = sum(q for n, k, _, _, q in events if n == item and k == EventType.PURCHASE)
            undone = (EventType.RETURN, EventType.CANCEL)
            bought -= sum(q for n, k, _, _, q in events if n == item and k in undone)
            if bought > 0 and (user, hash64(item)) in pairs:
                assert found.sources[pairs.index((user, hash64(item)))] == REPURCHASE
    assert not {hash64("sold-out"), hash64("gone")} & set(found.item.tolist())
    assert (found.sources > 0).all()
    assert ((found.source_score >= 0) & (found.source_score <= 1)).all()
    order = np.array(data.draw(st.permutations(range(len(users)))))
    moved = gather(due.take(order), shared, SETTINGS)
    for place, user in enumerate(order.tolist()):
        mine, theirs = moved.take(moved.due == place), found.take(found.due == user)
        assert bytes_of(dataclasses.replace(mine, due=theirs.due)) == bytes_of(theirs)
