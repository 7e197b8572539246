"""Who is asked about a change in the catalogue."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.learning import T_MS, VIEW, signals

from schemas.vocabulary import TriggerKind
from streams.knowledge.news import CHANGE
from streams.knowledge.wake_view import WakeView
from streams.learner import wakes
from streams.learner.learner import Learner
from streams.settings import Settings

DROP, RESTOCK, ARRIVAL = TriggerKind.PRICE_DROP, TriggerKind.RESTOCK, TriggerKind.NEW_ARRIVAL
HOUR_MS = 3_600_000


def learner(*batches, **more):
    """``batches``: (partition, rows of (user, item, category))."""
    made = Learner(Settings(**more))
    for partition, rows in batches:
        seen = [(user, item, category, VIEW, T_MS) for user, item, category in rows]
        made.absorb(signals(seen, partition=partition))
    return made


def change(item, kind, category=0, ts_ms=T_MS):
    return np.array([(item, category, 1.0, ts_ms, kind)], CHANGE)


def asked(made, *changes, now_ms=T_MS + 1):
    """(partition, user, item, kind) in order."""
    for one in changes:
        made.hear(one)
    rows = WakeView.decode(made.epoch(2, now_ms, 0).wakes).rows
    names = ("partitions", "users", "items", "kinds")
    return list(zip(*(rows[name].tolist() for name in names), strict=True))


def test_who_touched_the_item_is_asked_where_they_live():
    made = learner((3, [(1, 7, 0), (2, 8, 0)]), (1, [(4, 7, 0)]))
    assert asked(made, change(7, DROP), change(9, RESTOCK)) == [(1, 4, 7, DROP), (3, 1, 7, DROP)]


def test_a_user_hears_of_one_item_a_kind_the_one_touched_last():
    made = learner((0, [(1, 7, 0), (1, 8, 0)]))
    assert asked(made, change(7, DROP), change(8, DROP), change(7, RESTOCK)) == [
        (0, 1, 8, DROP),
        (0, 1, 7, RESTOCK),
    ]


def test_a_new_item_is_for_those_who_touched_several_of_its_category():
    made = learner((0, [(1, 7, 50), (1, 8, 50), (1, 9, 50), (2, 7, 50), (2, 8, 50), (2, 5, 60)]))
    assert asked(made, change(99, ARRIVAL, category=50)) == [(0, 1, 99, ARRIVAL)]
    assert asked(made, change(98, ARRIVAL, category=70), change(97, ARRIVAL)) == []


def test_of_several_new_items_the_newest_is_told():
    made = learner((0, [(1, item, 50) for item in (7, 8, 9)]))
    new = [change(90 + n, ARRIVAL, category=50, ts_ms=T_MS + n) for n in range(3)]
    assert asked(made, *new) == [(0, 1, 92, ARRIVAL)]


def test_beyond_the_pace_users_wait_for_the_next_epoch_and_old_news_is_dropped():
    made = learner((0, [(user, 7, 0) for user in range(1, 6)]), news_users=2)
    first = [user for _, user, *_ in asked(made, change(7, DROP))]
    second = [user for _, user, *_ in asked(made, now_ms=T_MS + HOUR_MS)]
    late = asked(made, now_ms=T_MS + wakes.NEWS_LIFE_MS)
    assert (first, second, late) == ([1, 2], [3, 4], [])


def test_a_pace_of_nobody_asks_nobody():
    assert asked(learner((0, [(1, 7, 0)]), news_users=0), change(7, DROP)) == []


def test_without_a_change_an_epoch_asks_nobody():
    assert asked(learner((0, [(1, 7, 0)]))) == []


def test_an_epoch_stays_small_however_many_care(monkeypatch):
    monkeypatch.setattr(wakes, "MOST_TOLD", 10)
    made = learner(*((home, [(home * 100 + n, 7, 0) for n in range(20)]) for home in range(5)))
    found = asked(made, change(7, DROP))
    assert [home for home, *_ in found] == sorted([0, 1, 2, 3, 4] * 2)


@given(st.permutations(range(6)), st.integers(1, 3))
def test_the_order_in_which_partitions_report_does_not_matter(order, pace):
    batches = [(n, [(10 * n + u, 7 + u % 2, 5) for u in range(4)]) for n in range(6)]
    plain = learner(*batches, news_users=pace)
    mixed = learner(*(batches[n] for n in order), news_users=pace)
    changes = [change(7, DROP), change(8, RESTOCK)]
    assert asked(plain, *changes) == asked(mixed, *changes)
