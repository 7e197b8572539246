"""The year where the user is: season by hemisphere, public holidays by country."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache

import holidays
import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS
from models.features.view import UserView
from models.features.whereabouts import Whereabouts

NAMES = ("season_sin", "season_cos", "holiday_today", "days_to_holiday")
SOUTHERN = frozenset(
    [
        "AO",
        "AR",
        "AU",
        "BO",
        "BR",
        "BW",
        "CL",
        "FJ",
        "LS",
        "MG",
        "MU",
        "MW",
        "MZ",
        "NA",
        "NZ",
        "PE",
        "PG",
        "PY",
        "SZ",
        "UY",
        "ZA",
        "ZM",
        "ZW",
    ]
)
"""Countries whose summer is in January."""
AHEAD_DAYS = 30
_EPOCH = date(1970, 1, 1).toordinal()
_YEAR_DAYS = 365.25


def compute(view: UserView, where: Whereabouts) -> NDArray[np.float64]:
    """Return float64[n, NAMES]; NaN where the country (for the season also the cell) is not known.

    ``days_to_holiday`` counts from today (0), at most `AHEAD_DAYS`.
    """
    days = (view.local_now_ms // DAY_MS).tolist()
    rows = [
        (*_season(day, lat, country), *_holiday(day, country))
        for day, lat, country in zip(days, where.lat.tolist(), where.country, strict=True)
    ]
    return np.array(rows, np.float64).reshape(-1, len(NAMES))


def _season(day: int, lat: float, country: str) -> tuple[float, float]:
    """The angle of the year, summer at the same place in both hemispheres."""
    if math.isnan(lat) and not country:
        return math.nan, math.nan
    southern = country in SOUTHERN if math.isnan(lat) else lat < 0
    return _angle(day, southern)


@lru_cache(maxsize=4_096)
def _angle(day: int, southern: bool) -> tuple[float, float]:
    turn = (day % _YEAR_DAYS) / _YEAR_DAYS + (0.5 if southern else 0.0)
    return math.sin(2 * math.pi * turn), math.cos(2 * math.pi * turn)


@lru_cache(maxsize=65_536)
def _holiday(day: int, country: str) -> tuple[float, float]:
    today = date.fromordinal(_EPOCH + day)
    ahead = [d for year in (today.year, today.year + 1) for d in _days(country, year) if d >= day]
    if not ahead:
        return math.nan, math.nan
    return float(ahead[0] == day), float(min(ahead[0] - day, AHEAD_DAYS))


@lru_cache(maxsize=1_024)
def _days(country: str, year: int) -> tuple[int, ...]:
    """The country's public holidays of a year as days since 1970, sorted; none where unknown."""
    try:
        found = holidays.country_holidays(country, years=[year])
    except NotImplementedError:
        return ()
    return tuple(sorted(each.toordinal() - _EPOCH for each in found))
