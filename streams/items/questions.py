"""All that is asked of a log of events, one task after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from streams.items.categories import ask_category
from streams.items.moments import ItemLog, Moments, day_ahead, next_items, purchases, within_a_day
from streams.items.table import proposals
from streams.items.tasks import Asked, Side, ask
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
    log: ItemLog, other: ItemLog | None, settings: Settings, seed: int, progress: Progress
) -> Iterator[Asked]:
    """Yield the tasks that the log has enough moments for; ``other``: test on its users."""
    late = log if other is None else other
    asked = []
    for name, about, before, of in QUESTIONS:
        choosing = _drawn(before(log), seed)
        testing = of(late)
        testing = testing.take(testing.test)
        if min(len(choosing), len(testing)) >= FEWEST:
            asked.append((name, about, choosing, testing))
    first = _sides(log, [choosing for *_, choosing, _ in asked], settings, progress)
    second = _sides(late, [testing for *_, testing in asked], settings, progress)
    for (name, about, *_), chosen_by, tested_on in zip(asked, first, second, strict=True):
        yield ask(name, about, chosen_by, tested_on)
        if name == "bought_in_a_day":
            yield from ask_category(chosen_by[:2], tested_on[:2])


def _sides(
    log: ItemLog, parts: list[Moments], settings: Settings, progress: Progress
) -> list[Side]:
    """Walk through the log once for all questions."""
    if not parts:
        return []
    table = proposals(log, Moments.joined(parts), settings, progress)
    bounds = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    return [
        (log, part, table.part(first, stop))
        for part, first, stop in zip(parts, bounds, bounds[1:], strict=False)
    ]


def _drawn(moments: Moments, seed: int) -> Moments:
    """Of what comes before the test block, as much as choosing needs."""
    early = np.flatnonzero(~moments.test)
    return moments.take(np.sort(np.random.default_rng(seed).permutation(early)[:MOST_CHOOSING]))
