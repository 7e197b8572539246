"""The forecasters that compete, by name."""

from __future__ import annotations

from models.forecast.arima import Arima
from models.forecast.blend import Blend
from models.forecast.family import Family
from models.forecast.holt_winters import HoltWinters
from models.forecast.profile_level import ProfileLevel
from models.forecast.ridge_ar import RidgeAr
from models.forecast.seasonal_naive import SeasonalNaive

CONTESTANTS: tuple[Family, ...] = (
    SeasonalNaive(), ProfileLevel(), HoltWinters(), RidgeAr(), Arima(), Blend(),
)  # fmt: skip
FAMILIES: dict[str, Family] = {family.name: family for family in CONTESTANTS}
