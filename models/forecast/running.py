"""Many series moved on together, a step at a time: what the learner keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.forecast.families import FAMILIES
from models.forecast.family import HIGHEST, Family, Floats
from models.forecast.plan import Pick, StepPlan
from models.forecast.surprise import Surprise

_PEAK_STAYS = 0.995
_HEADROOM, _LEAST_PEAK = 2.0, 8.0
"""A forecast never exceeds twice the (slowly forgotten) peak of its series, plus 8 events."""


@dataclass(slots=True, frozen=True)
class Group:
    """The series of one family."""

    family: Family
    rows: NDArray[np.int64]
    coef: Floats
    state: Floats


@dataclass(slots=True, frozen=True)
class Running:
    """``n`` series of one plan. Immutable: every method returns a new one or an answer.

    ``keys``: their names; ``scale``: see `Pick`; ``peak``; ``seen``: steps with news;
    ``observed``, ``expected``: of the last step, NaN before the first.
    """

    season: int
    keys: tuple[int, ...]
    groups: tuple[Group, ...]
    scale: Floats
    peak: Floats
    seen: Floats
    observed: Floats
    expected: Floats
    surprise: Surprise

    @classmethod
    def empty(cls, season: int) -> Self:
        """Return no series."""
        nothing = np.zeros(0)
        columns = (nothing,) * 5
        return cls(season, (), (), *columns, Surprise.fresh(0))

    def __len__(self) -> int:
        """Series."""
        return len(self.keys)

    def plus(self, plan: StepPlan, keys: Sequence[int]) -> Running:
        """Return these and new series, forecast as the plan says."""
        picks = [plan.of(key) for key in keys]
        count, first = len(keys), len(self)
        more = [_group(name, picks, first, self.season) for name in sorted(_names(picks))]
        ones, none = np.ones(count), np.full(count, np.nan)
        return replace(
            self,
            keys=(*self.keys, *keys),
            groups=_joined((*self.groups, *more)),
            scale=np.append(self.scale, [pick.scale for pick in picks]),
            peak=np.append(self.peak, 0.0 * ones),
            seen=np.append(self.seen, 0.0 * ones),
            observed=np.append(self.observed, none),
            expected=np.append(self.expected, none),
            surprise=self.surprise.and_fresh(count),
        )

    def ahead(self, slots: Sequence[int]) -> Floats:
        """Return the bare forecasts of the next steps, float64[n, len(slots)], in [0, cap]."""
        found = np.zeros((len(self), len(slots)))
        for group in self.groups:
            found[group.rows] = group.family.ahead(group.coef, group.state, slots, self.season)
        cap = _HEADROOM * self.peak + _LEAST_PEAK
        return np.clip(found, 0.0, cap[:, None])

    def mean(self, slots: Sequence[int]) -> Floats:
        """Return how much is expected of the next steps, float64[n, len(slots)]."""
        return self.ahead(slots) * self.scale[:, None]

    def step(self, slot: int, y: Floats) -> Running:
        """Return the series after ``y`` (float64[n]) was seen at ``slot``; NaN: nothing is known.

        What is not known is taken to be what was expected: a gap changes no level.
        """
        bare = self.ahead((slot,))[:, 0]
        news = ~np.isnan(y)
        y = np.where(news, np.clip(y, 0.0, HIGHEST), bare)
        groups = tuple(
            replace(g, state=g.family.step(g.coef, g.state, slot, y[g.rows], self.season))
            for g in self.groups
        )
        expected, observed = bare * self.scale, np.where(news, y, np.nan)
        told = self.surprise.seen(y, expected, self.seen >= self.season)
        faded = self.surprise.missing()
        return replace(
            self,
            groups=groups,
            # Of news alone: in a gap a forecast would raise the cap of the next.
            peak=np.where(news, np.maximum(y, _PEAK_STAYS * self.peak), self.peak),
            seen=self.seen + news,
            observed=observed,
            expected=expected,
            surprise=_either(news, told, faded),
        )

    def keep(self, rows: NDArray[np.int64]) -> Running:
        """Return the chosen series, in that order."""
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        groups = []
        for group in self.groups:
            kept = place[group.rows] >= 0
            moved = place[group.rows[kept]]
            groups.append(
                replace(group, rows=moved, coef=group.coef[kept], state=group.state[kept])
            )
        columns = ("scale", "peak", "seen", "observed", "expected")
        return replace(
            self,
            keys=tuple(self.keys[row] for row in rows.tolist()),
            groups=tuple(groups),
            surprise=self.surprise.take(rows),
            **{name: getattr(self, name)[rows] for name in columns},
        )


def _names(picks: Sequence[Pick]) -> set[str]:
    return {pick.family for pick in picks}


def _group(name: str, picks: Sequence[Pick], first: int, season: int) -> Group:
    mine = [row for row, pick in enumerate(picks) if pick.family == name]
    family = FAMILIES[name]
    table = [picks[row].coefficients for row in mine]
    coef = np.array(table, np.float64).reshape(len(mine), family.coefficients(season))
    return Group(family, np.array(mine) + first, coef, family.start(len(mine), season))


def _joined(groups: Sequence[Group]) -> tuple[Group, ...]:
    """One group a family."""
    found: dict[str, Group] = {}
    for group in groups:
        held = found.get(group.family.name)
        found[group.family.name] = group if held is None else _both(held, group)
    return tuple(found.values())


def _both(one: Group, other: Group) -> Group:
    return Group(
        one.family,
        np.append(one.rows, other.rows),
        np.concatenate((one.coef, other.coef)),
        np.concatenate((one.state, other.state)),
    )


def _either(first: NDArray[np.bool_], one: Surprise, other: Surprise) -> Surprise:
    return Surprise(
        np.where(first, one.variance, other.variance),
        np.where(first, one.weight, other.weight),
        np.where(first, one.trend, other.trend),
    )
