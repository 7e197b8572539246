"""What the learner says does not depend on how signals came, and is what they say."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.learning import BUY, CART, DAY_MS, T_MS, VIEW, learned, signals

from schemas.globals import Epoch
from schemas.vocabulary import EventType
from streams.knowledge.shared import EpochView
from streams.learner.learner import Bounds, Learner
from streams.settings import Settings

SMALL = Bounds(users=1_000, chunk=7)
TIGHT = Bounds(users=2, items=8, chunk=7)


def encoded(rows):
    learner = Learner(Settings(), SMALL)
    learner.absorb(signals(rows))
    return msgspec.msgpack.encode(learner.epoch(1, T_MS + DAY_MS, 0))


ROWS = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(0, 12),
        st.integers(0, 3).map(lambda c: c and c + 100),
        st.sampled_from(list(EventType)),
        st.integers(-8 * 24, 30).map(lambda h: T_MS + h * 3_600_000),
    ),
    max_size=60,
)


@given(
    ROWS,
    st.lists(st.integers(0, 60), max_size=6),
    st.lists(st.integers(0, 60), max_size=2),
    st.sampled_from([SMALL, TIGHT]),
)
@settings(max_examples=examples(80), deadline=None)
def test_how_the_signals_are_split_into_batches_does_not_matter(rows, cuts, epoch_cuts, bounds):
    epoch_cuts = sorted(set(epoch_cuts))

    def split(at):
        pairs = list(itertools.pairwise([0, *sorted({*at, *epoch_cuts}), 60]))
        ends = [n for n, (_, stop) in enumerate(pairs) if stop in epoch_cuts]
        return [rows[a:b] for a, b in pairs], ends

    def run(at):
        batches, ends = split(at)
        learner, found = Learner(Settings(), bounds), []
        for n, batch in enumerate(batches):
            learner.absorb(signals(batch))
            if n in ends:
                found.append(msgspec.msgpack.encode(learner.epoch(1, T_MS, 0)))
        return [*found, msgspec.msgpack.encode(learner.epoch(2, T_MS + DAY_MS, 0))]

    assert run(cuts) == run([])


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=examples(80), deadline=None)
def test_how_the_users_of_several_partitions_interleave_does_not_matter(rows, draw):
    queues = {}
    for row in rows:
        queues.setdefault(row[0], []).append(row)
    one_after_another = [row for queue in queues.values() for row in queue]
    mixed = []
    while any(queues.values()):
        user = draw.choice([u for u, queue in queues.items() if queue])
        mixed.append(queues[user].pop(0))
    assert encoded(mixed) == encoded(one_after_another)


def test_trending_ranks_by_weighted_recent_demand():
    rows = [(n, 1, 0, VIEW, T_MS) for n in range(1, 5)]
    rows += [
        (1, 2, 0, BUY, T_MS),
        (1, 3, 0, BUY, T_MS - 3 * DAY_MS),
        (1, 4, 0, VIEW, T_MS - 8 * DAY_MS),
    ]
    items, scores = learned(rows).trending
    assert items.tolist() == [2, 1, 3]
    assert scores.tolist() == [1.0, 0.5, 0.125]


def test_a_return_or_a_taken_out_cart_is_no_demand():
    kinds = (EventType.RETURN, EventType.CANCEL, EventType.REMOVE_CART, EventType.APP_MINUTES)
    assert len(learned([(1, 5, 0, kind, T_MS) for kind in kinds]).trending[0]) == 0


def test_each_category_has_its_own_leaders():
    rows = [
        (1, 1, 7, CART, T_MS),
        (1, 2, 7, VIEW, T_MS),
        (1, 3, 8, VIEW, T_MS),
        (1, 4, 0, BUY, T_MS),
    ]
    view = learned(rows)
    assert view.category_trending[7][0].tolist() == [1, 2]
    assert view.category_trending[7][1].tolist() == [1.0, 0.25]
    assert view.category_trending[8][1].tolist() == [1.0]
    assert len(view.category_trending) == 2
    assert view.categories(np.array([1, 3, 4], np.uint64)).tolist() == [7, 8, 0]


def test_what_many_users_see_in_a_row_are_neighbours_in_that_order():
    rows = [(user, item, 0, VIEW, T_MS) for user in range(1, 9) for item in (1, 2)]
    rows += [(user, item, 0, VIEW, T_MS) for user in (21, 22) for item in (1, 3)]
    view = learned(rows)
    items, scores = view.neighbours[1]
    assert items.tolist() == [2, 3]
    x = 8 * 3.0 / (np.sqrt(10 * 8) + 10)
    assert scores[0] == pytest.approx(x / (1 + x))
    assert view.neighbours[2][1][0] < scores[0]


def test_items_of_one_order_are_neighbours_beyond_having_been_looked_at():
    looked = [(user, item, 0, VIEW, T_MS) for user in range(1, 6) for item in (1, 2)]
    bought = [(user, item, 0, BUY, T_MS) for user in range(1, 6) for item in (1, 2)]
    assert learned(looked, bought).neighbours[2][1] > learned(looked).neighbours[2][1]


def test_one_user_who_goes_back_and_forth_says_no_more_than_once():
    once = [(1, 1, 0, VIEW, T_MS), (1, 2, 0, VIEW, T_MS)]
    assert learned(once * 50).neighbours[1][1].tolist() == learned(once).neighbours[1][1].tolist()


def test_lists_are_as_long_as_a_source_may_propose():
    rows = [(user, item, 0, VIEW, T_MS) for user in range(1, 4) for item in range(1, 9)]
    assert len(learned(rows, candidates_per_source=3).neighbours[1][0]) == 3


def test_an_item_first_seen_lately_is_an_arrival_but_not_on_the_learners_first_day():
    rows = [(1, 1, 0, BUY, T_MS - 3 * DAY_MS), (1, 2, 0, BUY, T_MS - 3 * DAY_MS + 1)]
    rows += [(1, 3, 0, VIEW, T_MS - DAY_MS // 2), (1, 4, 0, VIEW, T_MS - DAY_MS // 4)]
    items, scores = learned(rows).arrivals
    assert items.tolist() == [4, 3]
    assert scores.tolist() == pytest.approx([1 - 0.25 / 7, 1 - 0.5 / 7])


def test_every_hash_in_an_epoch_has_a_name_and_the_nameless_stay_out():
    learner = Learner(Settings())
    rows = [(u, i, 100, VIEW, T_MS) for u in range(1, 5) for i in (1, 2, 3)]
    learner.absorb(signals(rows, names={1: "one", 2: "two", 100: "hundred", 555: "elsewhere"}))
    epoch = learner.epoch(1, T_MS, 0)
    assert epoch.names == {1: "one", 2: "two", 100: "hundred"}
    view = EpochView.decode(epoch)
    assert set(view.trending[0].tolist()) == {1, 2}
    assert set(view.neighbours.keys.tolist()) == {1, 2}
    assert 3 not in view.neighbours.items


def test_an_epoch_says_what_it_was_asked_to_say():
    learner = Learner(Settings())
    learner.absorb(signals([(1, 1, 0, VIEW, T_MS)]))
    epoch = learner.epoch(7, T_MS, 42)
    assert (epoch.number, epoch.holds_from_ms, epoch.catalog_version) == (7, T_MS, 42)
    assert learner.stream_ms == T_MS


def test_without_signals_an_epoch_is_empty():
    view = EpochView.decode(Learner(Settings()).epoch(1, T_MS, 0))
    assert (len(view.trending[0]), len(view.neighbours), len(view.arrivals[0])) == (0, 0, 0)


def test_columns_of_different_lengths_are_refused_and_nothing_is_absorbed():
    learner = Learner(Settings())
    broken = msgspec.structs.replace(signals([(1, 1, 0, VIEW, T_MS)]), types=b"")
    with pytest.raises(ValueError, match="different lengths"):
        learner.absorb(broken)
    assert len(EpochView.decode(learner.epoch(1, T_MS, 0)).trending[0]) == 0


def ahead_and_back():
    """What was told before time was brought back and after it, by learners who say an epoch between."""
    year_ms = 365 * DAY_MS
    later = [(u, 7, 107, BUY, T_MS + h * 3_600_000) for h in range(1, 5) for u in range(1, 6)]
    ahead = Learner(Settings())
    ahead.absorb(signals([(9, 3, 103, VIEW, T_MS + year_ms)]))
    ahead.epoch(1, T_MS + year_ms + DAY_MS, 0)
    back = msgspec.structs.replace(signals(later), back_ms=T_MS)
    return ahead, back, signals(later)


NOW_MS = T_MS + 5 * 3_600_000


def test_a_learner_that_is_brought_back_counts_from_there_as_one_that_was_never_ahead() -> None:
    """What it met stays known; the hours that it had left behind are counted again."""
    ahead, back, plainly = ahead_and_back()
    plain = Learner(Settings())
    ahead.absorb(back)
    plain.absorb(plainly)
    assert ahead.stream_ms == plain.stream_ms
    mine, theirs = (each.epoch(2, NOW_MS, 0) for each in (ahead, plain))
    assert mine.trending == theirs.trending
    assert observed(mine, 107) == observed(theirs, 107) > 0


def test_a_snapshot_of_a_learner_that_was_ahead_goes_back_as_the_learner_itself() -> None:
    ahead, back, _ = ahead_and_back()
    again = Learner(Settings())
    again.load(ahead.dump())
    for learner in (ahead, again):
        learner.absorb(back)
    assert again.stream_ms == ahead.stream_ms
    assert msgspec.msgpack.encode(again.epoch(2, NOW_MS, 0)) == msgspec.msgpack.encode(
        ahead.epoch(2, NOW_MS, 0)
    )
    assert again.dump() == ahead.dump()


def observed(epoch: Epoch, category: int) -> float:
    """Events of a category in the last whole hour."""
    keys = np.frombuffer(epoch.demand.keys, "<u8").tolist()
    return float(np.frombuffer(epoch.demand.hour_observed, "<f4")[keys.index(category)])
