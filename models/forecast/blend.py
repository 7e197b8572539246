"""The mean of three forecasters whose errors differ: profile x level, Holt-Winters, ridge AR."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import Family, Floats
from models.forecast.holt_winters import HoltWinters
from models.forecast.profile_level import ProfileLevel
from models.forecast.ridge_ar import RidgeAr

MEMBERS: tuple[Family, ...] = (ProfileLevel(), HoltWinters(), RidgeAr())
PROFILE_BETA, HOLT_WINTERS = (0.9,), (0.1, 0.0, 0.3, 0.0)


class Blend:
    """State and coefficients: those of the members, one after the other."""

    name = "blend"

    def coefficients(self, season: int) -> int:
        """Return how many a series takes."""
        return sum(member.coefficients(season) for member in MEMBERS)

    def start(self, series: int, season: int) -> Floats:
        """Return zeros."""
        return np.concatenate([member.start(series, season) for member in MEMBERS], axis=1)

    def ahead(self, coef: Floats, state: Floats, slots: Sequence[int], season: int) -> Floats:
        """Return the mean of the members' forecasts."""
        parts = zip(MEMBERS, _coefs(coef, season), _states(state, season), strict=True)
        found = [member.ahead(c, s, slots, season) for member, c, s in parts]
        mean: Floats = np.mean(found, axis=0)
        return mean

    def step(self, coef: Floats, state: Floats, slot: int, y: Floats, season: int) -> Floats:
        """Move every member."""
        parts = zip(MEMBERS, _coefs(coef, season), _states(state, season), strict=True)
        moved = [member.step(c, s, slot, y, season) for member, c, s in parts]
        return np.concatenate(moved, axis=1)

    def fit(self, series: Floats, slots: NDArray[np.int64], season: int) -> list[Floats]:
        """Return middling smoothing for two members, and the third's own fit."""
        fixed = np.tile(np.array(PROFILE_BETA + HOLT_WINTERS), (series.shape[1], 1))
        ridge = RidgeAr().fit(series, slots, season)
        return [np.concatenate((fixed, found), axis=1) for found in ridge]


def _coefs(coef: Floats, season: int) -> list[Floats]:
    cuts = (len(PROFILE_BETA), len(PROFILE_BETA) + len(HOLT_WINTERS))
    return np.split(coef, cuts, axis=1)


def _states(state: Floats, season: int) -> list[Floats]:
    widths = [member.start(0, season).shape[1] for member in MEMBERS]
    return np.split(state, np.cumsum(widths)[:-1], axis=1)
