"""What is seldom asked may go on from what is asked often, where it is about the same things."""

from __future__ import annotations

import pytest
from offline.evaluation.items.test_moments import SETTINGS, shop

from models.evaluate.items.choice import Choice
from models.evaluate.items.contest import Outcome
from streams.offline.evaluation.items.answers import LEARNT_FIRST, answer
from streams.offline.evaluation.items.moments import read_log
from streams.offline.evaluation.items.questions import questions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def answered() -> tuple[Choice, dict[str, Outcome]]:
    log = read_log(shop(users=24), SETTINGS)
    asked = {
        each.task.name: each for each in questions(log, None, SETTINGS, 0, lambda done, total: None)
    }
    before = answer(asked.pop(LEARNT_FIRST), 0).choice
    return before, {name: answer(each, 0, before) for name, each in asked.items()}


def test_orders_go_on_from_the_next_item_or_from_nothing(answered):
    before, outcomes = answered
    for name in ("bought_now", "bought_in_a_day"):
        chosen = outcomes[name].choice
        assert chosen.before is None or chosen.before is before


def test_categories_are_other_things_than_items(answered):
    _, outcomes = answered
    assert outcomes["category"].choice.before is None
