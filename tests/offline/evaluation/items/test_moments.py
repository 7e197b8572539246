"""A log as questions: nothing of a moment or after it is known at it."""

from __future__ import annotations

import numpy as np
import pytest
from support.records import Log, at

from models.evaluate.items.contest import add_baselines, judge
from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.offline.evaluation.items.categories import ask_category
from streams.offline.evaluation.items.moments import (
    TEST_FROM,
    day_ahead,
    next_items,
    purchases,
    read_log,
    walk,
    within_a_day,
)
from streams.offline.evaluation.items.questions import questions
from streams.offline.evaluation.items.table import proposals
from streams.settings import Settings

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
BEGIN = at("2026-03-02T00:00:00+00:00")
SETTINGS = Settings(candidates_per_source=10)


def shop(days=9, users=12, future=()):
    """Each user looks at three items of their own category every day and buys one of them."""
    log = Log()
    for day in range(days):
        for hour in range(1, 6):
            for user in range(users):
                ts = BEGIN + day * DAY_MS + hour * HOUR_MS + user * 1000
                item, category = f"i{user % 4}-{(day + hour) % 5}", f"c{user % 4}"
                if hour < 5:
                    log.click(f"u{user}", "view", item, ts, category_id=category)
                else:
                    log.purchase(f"u{user}", [f"i{user % 4}-{(day + 1) % 5}"], ts)
    for user, item, ts in future:
        log.click(user, "view", item, ts)
    return sorted(log.records, key=lambda record: record.timestamp_ms)


@pytest.fixture
def log():
    return read_log(shop(), SETTINGS)


def test_a_users_events_are_those_strictly_before_the_moment(log):
    moments = purchases(log)
    for _, due, _ in walk(log, moments, SETTINGS):
        events = due.state.events
        assert (events.data["ts_ms"] < due.now_ms[events.slots]).all()
        assert len(events.data)


def test_an_epoch_holds_before_every_moment_it_serves(log):
    for _, due, shared in walk(log, purchases(log), SETTINGS):
        assert (shared.epoch.holds_from_ms <= due.now_ms).all()


def test_orders_are_wanted_at_their_moment_and_in_their_day(log):
    assert len(purchases(log)) == len(within_a_day(log)) == 12 * 7
    assert purchases(log).test.sum() == 12 * 2
    assert (within_a_day(log).now_ms % DAY_MS == 0).all()


def test_the_days_to_choose_by_end_before_the_test_block(log):
    moments = day_ahead(log)
    assert len(moments) > len(within_a_day(log).take(~within_a_day(log).test))
    assert (moments.now_ms + DAY_MS <= log.day_ms(TEST_FROM)).all()
    assert not moments.test.any()


def test_the_next_item_is_another_one(log):
    moments = next_items(log)
    stop = log.before(moments.user, moments.now_ms)
    last = log.facts["item"][stop - 1]
    assert (last[moments.wanted_row] != moments.wanted_item).all()


def test_what_happens_later_changes_no_proposal():
    planted = [(f"u{n}", "planted", BEGIN + 9 * DAY_MS - 5000 + n) for n in range(12)]
    first, second = (read_log(shop(future=extra), SETTINGS) for extra in ((), planted))
    moments = purchases(first)
    tables = [proposals(log, moments, SETTINGS) for log in (first, second)]
    assert len(tables[0])
    for name in ("query", "item", "scores", "features"):
        np.testing.assert_array_equal(getattr(tables[0], name), getattr(tables[1], name))
    assert hash64("planted") not in tables[1].item


def test_frozen_counts_know_nothing_of_the_test_block():
    """An item that everybody looks at in the test block is proposed live, and not when frozen."""
    begun = BEGIN + 7 * DAY_MS
    launched = [(f"u{n}", "launched", begun + n) for n in range(12)]
    log = read_log(shop(future=launched), SETTINGS)
    (asked, *_) = questions(log, None, SETTINGS, 0, lambda done, total: None, freshness=True)
    number = np.searchsorted(np.unique(log.facts["item"]), hash64("launched"))
    crowd = [asked.names.index(name) for name in ("trending", "neighbours")]
    live, frozen = (
        part.score[part.item == number][:, crowd].sum() for part in (asked.tested, asked.frozen)
    )
    assert live > 0
    assert frozen == 0


@pytest.mark.slow
def test_shuffled_targets_give_chance():
    """What is wanted is drawn by lot from all items, for choosing and for the test."""
    log = read_log(shop(users=60), SETTINGS)
    asked = next(iter(questions(log, None, SETTINGS, 0, lambda done, total: None)))
    rng, items = np.random.default_rng(0), asked.task.final.items
    for queries in (asked.task.validation, asked.task.test):
        queries.wanted_item[:] = rng.integers(items, size=len(queries.wanted_item))
    test = [(asked.task.test, asked.tested)]
    outcome = judge(asked.task, asked.names, asked.proposed, test, 0)
    chance = 5 / items
    deviation = (chance * (1 - chance) / len(asked.task.test)) ** 0.5
    for name in outcome.lists:
        assert outcome.worth(name).of("hr", 5).mean() < chance + 3 * deviation


@pytest.mark.slow
def test_baselines_of_a_log_with_categories_include_its_items_by_category(log):
    asked = next(iter(questions(log, None, SETTINGS, 0, lambda done, total: None)))
    test = [(asked.task.test, asked.tested)]
    outcome = judge(asked.task, asked.names, asked.proposed, test, 0)
    add_baselines(outcome, 0)
    assert {"als", "user_neighbours", "gru", "content_based"} <= outcome.lists.keys()
    assert outcome.worth("content_based").of("hr", 10).mean() == 1.0


def test_categories_are_asked_of_what_was_done_in_them(log):
    moments = within_a_day(log)
    sides = [(log, moments.take(part)) for part in (~moments.test, moments.test)]
    (asked,) = ask_category(*sides, SETTINGS)
    wanted = asked.task.test.is_wanted(asked.tested.query, asked.tested.item)
    assert wanted.sum() == len(asked.task.test)
    assert (asked.tested.score[wanted, 0] > 0).all()


def test_every_question_tests_on_the_users_of_another_log(log):
    other = read_log(shop(users=16), SETTINGS, like=log)
    asked = list(questions(log, other, SETTINGS, 0, lambda done, total: None))
    assert {each.task.name for each in asked} == {
        "bought_now", "bought_in_a_day", "next_item", "category",
    }  # fmt: skip
    for each in asked:
        assert len(np.unique(each.task.test.unit)) == 16
        assert len(np.unique(each.task.validation.unit)) == 12
        assert each.tested.item.max() < each.task.final.items


def test_views_alone_are_no_orders():
    log = Log()
    for n in range(5):
        log.click("u", "view", f"i{n}", BEGIN + n * DAY_MS)
    read = read_log(log.records, SETTINGS)
    assert not len(purchases(read))
    assert set(read.facts["type"].tolist()) == {EventType.VIEW}


def test_what_is_launched_and_never_touched_is_ranked_as_what_it_is():
    """It is offered for its description, so it is among the items, and nobody's answer."""
    records, launch = Log(), BEGIN + 6 * DAY_MS
    for item, title, ts_ms in (("i1-0", "copper kettle", BEGIN), ("new", "copper pot", launch)):
        records.add("catalog", item, {"item_id": item, "ts": ts_ms, "title": title}, ts_ms)
    every = sorted([*shop(), *records.records], key=lambda record: record.timestamp_ms)
    log = read_log(every, SETTINGS)
    asked = next(iter(questions(log, None, SETTINGS, 0, lambda done, total: None)))
    content = asked.tested.score[:, asked.names.index("content")]
    offered = np.unique(asked.tested.item[content > 0])
    touched = np.unique(log.facts["item"])
    assert asked.task.final.items == len(touched) + 1
    assert len(offered) == 1
    assert asked.task.final.popularity()[offered] == 0
    assert not np.isin(offered, asked.task.test.wanted_item).any()
