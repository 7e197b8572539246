"""The protocols on a log of events: what is bought at the moment, within a day, what comes next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluate.items.candidates import Candidates
from models.evaluate.items.task import Queries, Task
from models.items import Histories, Training
from streams.offline.evaluation.items.attributes import attributes
from streams.offline.evaluation.items.moments import TEST_FROM, ItemLog, Moments
from streams.offline.evaluation.items.table import Table
from streams.pipeline.candidates import SOURCES

KEPT = 100
"""Pairs of a moment that reach the ranker here."""
SEEN = 50
NAMES = tuple(source.name for source in SOURCES)


@dataclass(slots=True, frozen=True)
class Asked:
    """A task with what the sources propose for its two parts.

    ``frozen``: what they propose for the test when the crowd's counts end where it begins.
    """

    task: Task
    proposed: Candidates
    tested: Candidates
    names: tuple[str, ...] = NAMES
    frozen: Candidates | None = None


Side = tuple[ItemLog, Moments, Table]
"""A log, moments of it, and what the sources propose for them."""


def ask(name: str, about: str, choosing: Side, testing: Side, frozen: Side | None = None) -> Asked:
    """Return the task: weights are chosen on the moments of one side, tested on the other's."""
    log, other = choosing[0], testing[0]
    numbers = _Numbers(log.facts["item"])
    if other is not log:
        numbers = numbers.grown(other.facts["item"])
    # what is offered and was never touched is ranked as well
    numbers = numbers.grown(
        np.concatenate([side[2].item for side in (choosing, testing, frozen) if side])
    )
    validation, proposed = _part(*choosing, numbers)
    test, tested = _part(*testing, numbers)
    known = _histories(log, log.day_ms(TEST_FROM), numbers)
    logs = (log,) if other is log else (log, other)
    described = attributes(logs, numbers.hashes, numbers.of)
    training = Training(known, len(numbers.hashes), described)
    task = Task(name, training, validation, training, test, True, about, KEPT)
    still = None if frozen is None else _part(*frozen, numbers)[1]
    return Asked(task, proposed, tested, frozen=still)


class _Numbers:
    """Item hashes numbered from 0, those of a second log after those of the first."""

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self.hashes = np.unique(hashes)
        self._numbers = np.arange(len(self.hashes))

    def grown(self, more: NDArray[np.uint64]) -> _Numbers:
        """Return the numbering with the items of another log as well."""
        fresh = np.setdiff1d(more, self.hashes)
        grown = _Numbers(np.concatenate((self.hashes, fresh)))
        order = np.argsort(np.concatenate((self.hashes, fresh)))
        grown._numbers = np.concatenate((self._numbers, np.arange(len(fresh)) + len(self.hashes)))[
            order
        ]
        return grown

    def of(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return each item's number; all must be known."""
        return self._numbers[np.searchsorted(self.hashes, hashes)]


def _part(
    log: ItemLog, moments: Moments, table: Table, numbers: _Numbers
) -> tuple[Queries, Candidates]:
    stop = log.before(moments.user, moments.now_ms)
    first = np.maximum(log.starts[moments.user], stop - SEEN)
    items = numbers.of(log.facts["item"]).astype(np.int32)
    every = Histories(log.starts, items, log.facts["ts_ms"])
    queries = Queries(
        every.slices(first, stop), moments.wanted_row, numbers.of(moments.wanted_item), moments.user
    )
    return queries, Candidates(table.query, numbers.of(table.item), table.scores, table.features)


def _histories(log: ItemLog, until_ms: int, numbers: _Numbers) -> Histories:
    """What every user did before the test block: for popularity and the ages of items."""
    users = np.arange(len(log.keys))
    stop = log.before(users, np.full(len(users), until_ms))
    items = numbers.of(log.facts["item"]).astype(np.int32)
    return Histories(log.starts, items, log.facts["ts_ms"]).slices(log.starts[:-1], stop)
