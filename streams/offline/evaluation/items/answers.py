"""Answer the questions asked of a log: what happens often teaches what happens seldom."""

from __future__ import annotations

from models.evaluate.items.choice import Choice
from models.evaluate.items.contest import Outcome, judge
from streams.offline.evaluation.items.tasks import NAMES, Asked

LEARNT_FIRST = "next_item"
"""Every act has a next one; orders are few."""


def answer(asked: Asked, seed: int, before: Choice | None = None) -> Outcome:
    """Judge one question; ``before``: what was chosen for `LEARNT_FIRST`, for those about items."""
    told = before if asked.names == NAMES else None
    tested = [(asked.task.test, asked.tested)]
    outcome = judge(asked.task, asked.names, asked.proposed, tested, seed, told)
    if asked.frozen is not None:
        still = [(asked.task.test, asked.frozen)]
        outcome.frozen = judge(asked.task, asked.names, asked.proposed, still, seed, told).lists
    return outcome
