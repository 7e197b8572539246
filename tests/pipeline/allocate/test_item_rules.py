from __future__ import annotations

import numpy as np
import pytest
from support.due import DAY_MS, EVENING_MS, Person, candidate_set, due_users, texts

from models.sendtime import NOTHING_KNOWN
from schemas.vocabulary import EventType, PushStatus
from streams.pipeline.allocate import recently_bought, recently_pushed, threshold
from streams.pipeline.policy import screen
from streams.settings import Settings

OPEN = Settings(quiet_start="00:00", quiet_end="00:00")
PURCHASE, RETURN, CANCEL = EventType.PURCHASE, EventType.RETURN, EventType.CANCEL
WEEK_MS = 7 * DAY_MS


def stops(rule, *people, pairs, settings=OPEN):
    due = due_users(*people)
    view, _ = screen(due, settings, texts, NOTHING_KNOWN)
    return rule.stops(due, candidate_set(*pairs), view, settings).tolist()


def pushed(ago_ms, status=PushStatus.SENT, item=5):
    person = Person(pushes=[(EVENING_MS - ago_ms, item, status)])
    return stops(recently_pushed, person, pairs=[(0, 5, 0.5, 0.5)]) == [True]


@pytest.mark.parametrize("ago_ms", [0, WEEK_MS - 1, -DAY_MS])
def test_an_item_is_not_pushed_again_within_the_cooldown(ago_ms):
    assert pushed(ago_ms)


@pytest.mark.parametrize("ago_ms", [WEEK_MS, 3 * WEEK_MS, -WEEK_MS])
def test_after_the_cooldown_an_item_may_come_again(ago_ms):
    assert not pushed(ago_ms)


def test_a_push_that_failed_does_not_burn_the_item():
    assert not pushed(0, PushStatus.FAILED)


def test_another_item_or_another_users_push_is_no_matter():
    assert not pushed(0, item=6)
    two = (Person(pushes=[(EVENING_MS, 5, PushStatus.SENT)]), Person())
    found = stops(recently_pushed, *two, pairs=[(0, 5, 0.5, 0.5), (1, 5, 0.5, 0.5)])
    assert found == [True, False]


def bought(*events):
    person = Person(events=[(EVENING_MS - days * DAY_MS, *rest) for days, *rest in events])
    return stops(recently_bought, person, pairs=[(0, 5, 0.5, 0.5)]) == [True]


def test_what_was_bought_within_the_cooldown_is_not_pushed():
    assert bought((29, PURCHASE, 5, 1))


def test_what_was_bought_long_ago_or_by_nobody_may_be_pushed():
    assert not bought((30, PURCHASE, 5, 1))
    assert not bought((1, PURCHASE, 6, 1))
    assert not bought((1, EventType.CART, 5, 1))


@pytest.mark.parametrize("back", [RETURN, CANCEL])
def test_what_was_given_back_may_be_pushed(back):
    assert not bought((3, PURCHASE, 5, 2), (1, back, 5, 2))


def test_what_was_given_back_in_part_is_still_owned():
    assert bought((3, PURCHASE, 5, 2), (1, RETURN, 5, 1))


def test_the_return_of_an_old_purchase_does_not_undo_a_new_one():
    assert bought((40, PURCHASE, 5, 1), (6, PURCHASE, 5, 1), (5, RETURN, 5, 1))


def test_below_the_threshold_nothing_is_said():
    rows = [(0, 1, 0.29, 1.0), (0, 2, 0.3, 0.0), (0, 3, np.nan, 1.0)]
    found = stops(threshold, Person(), pairs=rows, settings=Settings(min_probability=0.3))
    assert found == [True, False, True]
