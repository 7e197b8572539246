"""All that is asked of a log of events, one task after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from streams.items.categories import ask_category
from streams.items.moments import ItemLog, Moments, next_items, purchases, within_a_day
from streams.items.tasks import Asked, ask
from streams.settings import Settings

QUESTIONS = (
    ("bought_now", "What is bought, asked at the moment of the order.", purchases),
    ("bought_in_a_day", "What is bought within a day, asked as the day begins.", within_a_day),
    ("next_item", "The next item, other than the one before, at every event.", next_items),
)
MOST_CHOOSING = 3_000
"""Moments drawn to choose weights and ranker by; the test is never drawn from."""
FEWEST = 30

Progress = Callable[[str, int, int], None]


def questions(
    log: ItemLog, other: ItemLog | None, settings: Settings, seed: int, progress: Progress
) -> Iterator[Asked]:
    """Yield the tasks that the log has enough moments for; ``other``: test on its users."""
    for name, about, of in QUESTIONS:
        moments = _drawn(of(log), seed)
        unseen = None if other is None else (other, _late(of(other)))
        if not _enough(moments, unseen):
            continue
        yield ask(name, about, log, moments, settings, unseen, partial(progress, name))
    unseen = None if other is None else (other, _late(within_a_day(other)))
    moments = within_a_day(log)
    asked = ask_category(log, moments, unseen) if _enough(moments, unseen) else None
    if asked is not None:
        yield asked


def _enough(moments: Moments, unseen: tuple[ItemLog, Moments] | None) -> bool:
    test = moments.test.sum() if unseen is None else len(unseen[1])
    return bool((~moments.test).sum() >= FEWEST and test >= FEWEST)


def _late(moments: Moments) -> Moments:
    return moments.take(moments.test)


def _drawn(moments: Moments, seed: int) -> Moments:
    """Keep the whole test block, and of what comes before as much as choosing needs."""
    early = np.flatnonzero(~moments.test)
    kept = moments.test.copy()
    kept[np.random.default_rng(seed).permutation(early)[:MOST_CHOOSING]] = True
    return moments.take(kept)
