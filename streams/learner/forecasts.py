"""Observed demand of categories against what was expected, hour by hour and day by day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.forecast import DAY, HOUR, TOTAL, Plan, Running, StepPlan, Steps
from schemas.globals import Demand
from streams.learner.kept import Kept
from streams.learner.tally import Tally

Ints = NDArray[np.int64]

MAX_SERIES = 2_000
"""Categories followed (about 1 KB each); beyond, the smallest go."""
MAX_TOLD = 300
"""Categories an epoch tells of: 16 KB."""
_KEEP_EIGHTHS = 7
OPEN_STEPS = 2
"""Whole steps that events may still reach; what comes later is no news of demand."""
LONGEST_GAP_SEASONS = 2
"""In a longer silence of the whole shop nothing is learned, so nothing is computed."""
_ROW_BITS = 24


@dataclass(slots=True)
class StepForecasts(Kept):
    """The forecasts of one kind of step.

    ``running``: as of the last settled step; steps after it are counted in whole numbers and
    folded in anew for every epoch, so the order of their events does not matter.
    """

    KEEPS = ("running", "_place", "_counts", "_settled")

    steps: Steps
    plan: StepPlan
    running: Running = field(init=False)
    _place: dict[int, int] = field(default_factory=dict)
    _counts: Tally = field(default_factory=Tally)
    _settled: int | None = None

    def __post_init__(self) -> None:
        self.running = Running.empty(self.steps.season)
        self._follow([TOTAL])

    def add(self, category: NDArray[np.uint64], ts_ms: Ints) -> None:
        """Count events; category 0 counts in the total alone."""
        index = self.steps.index(ts_ms)
        if self._settled is not None:
            late = index <= self._settled
            category, index = category[~late], index[~late]
        rows = self._rows(category)
        everything = np.full(len(index), self._place[TOTAL])
        own = rows >= 0
        index = np.concatenate((index, index[own]))
        rows = np.concatenate((everything, rows[own]))
        self._counts.add((index << _ROW_BITS) | rows, np.ones(len(rows), np.int64))

    def at(self, now_ms: int) -> tuple[Running, int]:
        """Return the series after the last whole step before ``now_ms``, and the step under way."""
        current = int(self.steps.index(np.array([now_ms]))[0])
        self.running = self._through(self.running, current - OPEN_STEPS)
        self._settle(current - OPEN_STEPS - 1)
        return self._fold(self.running, current - OPEN_STEPS, current), current

    def bring_back(self, to_ms: int) -> None:
        """Count the steps around ``to_ms`` again, and those after."""
        if self._settled is not None:
            current = int(self.steps.index(np.array([to_ms]))[0])
            self._settled = min(self._settled, current - OPEN_STEPS - 1)

    def _rows(self, category: NDArray[np.uint64]) -> Ints:
        """Return each category's series, -1 for category 0; new ones are followed from now on."""
        wanted, inverse = np.unique(category, return_inverse=True)
        new = [key for key in wanted.tolist() if key not in self._place]
        self._follow(new)
        rows = [-1 if key == TOTAL else self._place[key] for key in wanted.tolist()]
        return np.array(rows, np.int64)[inverse]

    def _follow(self, keys: list[int]) -> None:
        if keys:
            first = len(self.running)
            self.running = self.running.plus(self.plan, keys)
            self._place |= {key: first + n for n, key in enumerate(keys)}

    def _through(self, running: Running, stop: int) -> Running:
        """Fold in what has settled: the steps before ``stop`` that were not yet."""
        keys, _ = self._counts.rows()
        if self._settled is None:
            if not len(keys) or int(keys[0]) >> _ROW_BITS >= stop:
                return running
            self._settled = (int(keys[0]) >> _ROW_BITS) - 1
        return self._fold(running, self._settled + 1, stop)

    def _fold(self, running: Running, start: int, stop: int) -> Running:
        keys, counts = self._counts.rows()
        steps = self._worth_folding(keys >> _ROW_BITS, start, stop)
        for index, slot in zip(steps.tolist(), self.steps.slot(steps).tolist(), strict=True):
            low, high = np.searchsorted(keys, (index << _ROW_BITS, (index + 1) << _ROW_BITS))
            seen = np.zeros(len(running))
            seen[keys[low:high] & ((1 << _ROW_BITS) - 1)] = counts[low:high]
            # A shop in which nothing at all happens is out of order, not out of demand.
            running = running.step(slot, seen if high > low else np.full(len(running), np.nan))
        return running

    def _worth_folding(self, busy: Ints, start: int, stop: int) -> Ints:
        """Return the steps in [start, stop), of a long silence only the beginning."""
        steps = np.arange(start, stop)
        before = np.searchsorted(busy, steps, side="right") - 1
        last = np.where(before >= 0, busy[before], start - 1) if len(busy) else start - 1
        kept: Ints = steps[steps - last <= LONGEST_GAP_SEASONS * self.steps.season]
        return kept

    def _settle(self, last: int) -> None:
        """Forget the counts of settled steps, and the smallest series when there are too many."""
        if self._settled is None:
            return
        self._settled = max(self._settled, last)
        keys, counts = self._counts.rows()
        first = int(np.searchsorted(keys, (self._settled + 1) << _ROW_BITS))
        if first:
            self._counts.replace(keys[first:], counts[first:])
        if len(self.running) > MAX_SERIES:
            self._forget()

    def _forget(self) -> None:
        """Keep the total and those with the highest peak; open counts go with their series."""
        keys, counts = self._counts.rows()
        rank = self.running.peak.copy()
        np.maximum.at(rank, keys & ((1 << _ROW_BITS) - 1), counts.astype(np.float64))
        rank[self._place[TOTAL]] = np.inf
        names = np.array(self.running.keys, np.uint64)
        best = np.lexsort((names, -rank))[: MAX_SERIES * _KEEP_EIGHTHS // 8]
        kept = np.sort(best)
        moved = np.full(len(self.running), -1)
        moved[kept] = np.arange(len(kept))
        rows = moved[keys & ((1 << _ROW_BITS) - 1)]
        held = rows >= 0
        self._counts.replace((keys[held] >> _ROW_BITS << _ROW_BITS) | rows[held], counts[held])
        self.running = self.running.keep(kept)
        self._place = {key: row for row, key in enumerate(self.running.keys)}


class Forecasts(Kept):
    """Hours and days together: what an epoch tells of demand."""

    KEEPS = ("_kinds",)

    def __init__(self, plan: Plan, zone: str) -> None:
        self._kinds = {
            kind: StepForecasts(Steps(kind, zone), plan.steps[kind]) for kind in (HOUR, DAY)
        }

    def add(self, category: NDArray[np.uint64], ts_ms: Ints) -> None:
        """Count events."""
        for kind in self._kinds.values():
            kind.add(category, ts_ms)

    def bring_back(self, to_ms: int) -> None:
        """Go on from ``to_ms``, earlier than what was told last."""
        for kind in self._kinds.values():
            kind.bring_back(to_ms)

    def demand(self, now_ms: int) -> Demand:
        """Return observed, expected and trend as of ``now_ms``, which goes back only after `bring_back`.

        Of at most `MAX_TOLD` categories, those of which most is expected.
        """
        found = {kind: forecasts.at(now_ms) for kind, forecasts in self._kinds.items()}
        days, _ = found[DAY]
        size = np.nan_to_num(days.expected, nan=0.0) + days.peak
        names = np.array(days.keys, np.uint64)
        told = np.sort(names[np.lexsort((names, -size))[: MAX_TOLD + 1]])
        columns: dict[str, bytes] = {"keys": told.astype("<u8").tobytes()}
        for kind, (running, current) in found.items():
            for name, values in _columns(running, self._kinds[kind].steps, current).items():
                held = dict(zip(running.keys, values.tolist(), strict=True))
                column = np.array([held.get(key, np.nan) for key in told.tolist()], "<f4")
                columns[name.format(kind)] = column.tobytes()
        return Demand(**columns)


def _columns(running: Running, steps: Steps, current: int) -> dict[str, NDArray[np.float64]]:
    slot = int(steps.slot(np.array([current]))[0])
    return {
        "{}_observed": running.observed,
        "{}_expected": running.expected,
        "{}_trend": running.surprise.trend,
        "next_{}": running.mean((slot,))[:, 0],
    }
