"""All that is asked of a log of events, one task after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from streams.offline.evaluation.items.categories import ask_category
from streams.offline.evaluation.items.moments import (
    TEST_FROM,
    ItemLog,
    Moments,
    day_ahead,
    next_items,
    purchases,
    within_a_day,
)
from streams.offline.evaluation.items.table import proposals
from streams.offline.evaluation.items.tasks import Asked, Side, ask
from streams.settings import Settings

QUESTIONS = (
    ("bought_now", "What is bought, asked at the moment of the order.", purchases, purchases),
    (
        "bought_in_a_day",
        "What is bought within a day, asked as the day begins; chosen on every fourth hour.",
        day_ahead,
        within_a_day,
    ),
    (
        "next_item",
        "The next item, other than the one before, at every event.",
        next_items,
        next_items,
    ),
)
"""Name, what it is, the moments to choose by (of which those before the test block), those of the test."""
MOST_CHOOSING = 8_000
"""Moments drawn to choose weights and ranker by; the test is never drawn from."""
FEWEST = 30

Progress = Callable[[int, int], None]


def questions(
    log: ItemLog, other: ItemLog | None, settings: Settings, seed: int, progress: Progress,
    freshness: bool = False,
) -> Iterator[Asked]:  # fmt: skip
    """Yield the tasks that the log has enough moments for; ``other``: test on its users.

    ``freshness``: also say what is proposed when the crowd's counts end where the test begins.
    """
    late = log if other is None else other
    asked = []
    for name, about, before, of in QUESTIONS:
        choosing = _drawn(before(log), seed)
        testing = of(late)
        testing = testing.take(testing.test)
        if min(len(choosing), len(testing)) >= FEWEST:
            asked.append((name, about, choosing, testing))
    first = _sides(log, [choosing for *_, choosing, _ in asked], settings, progress)
    tests = [testing for *_, testing in asked]
    second = _sides(late, tests, settings, progress)
    third: list[Side | None] = [None] * len(asked)
    if freshness:
        third = [*_sides(late, tests, settings, progress, late.day_ms(TEST_FROM))]
    for (name, about, *_), chosen_by, tested_on, frozen in zip(
        asked, first, second, third, strict=True
    ):
        yield ask(name, about, chosen_by, tested_on, frozen)
        if name == "bought_in_a_day":
            yield from ask_category(chosen_by[:2], tested_on[:2], settings)


def _sides(
    log: ItemLog, parts: list[Moments], settings: Settings, progress: Progress,
    learnt_until_ms: int | None = None,
) -> list[Side]:  # fmt: skip
    """Walk through the log once for all questions."""
    if not parts:
        return []
    table = proposals(log, Moments.joined(parts), settings, progress, learnt_until_ms)
    bounds = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    return [
        (log, part, table.part(first, stop))
        for part, first, stop in zip(parts, bounds, bounds[1:], strict=False)
    ]


def _drawn(moments: Moments, seed: int) -> Moments:
    """Of what comes before the test block, as much as choosing needs."""
    early = np.flatnonzero(~moments.test)
    return moments.take(np.sort(np.random.default_rng(seed).permutation(early)[:MOST_CHOOSING]))
