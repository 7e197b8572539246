"""What is coming: demand forecast by hour (and by day), against the seasonal naive forecast.

Forecasters are fitted and picked on the first seven ninths of the steps; then they run on, one
step and one day ahead from every origin, with what is known there. The scale of MASE is the
seasonal naive error inside the training steps.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.evaluate.page import Block, Plot, Section, Table, Text, draw
from models.evaluate.time.findings import Findings
from models.evaluate.time.log import EventLog
from models.forecast.backtest import Backtest, naive_error, rolling
from models.forecast.families import FAMILIES
from models.forecast.family import Floats
from models.forecast.fit import counts
from models.forecast.pick import pick_step
from models.forecast.plan import DAY, HOUR, TOTAL, UNTRAINED, Pick, StepPlan
from models.forecast.seasonal_naive import SeasonalNaive
from models.forecast.steps import Ints, Steps
from schemas.vocabulary import DEEDS, among

CATEGORIES = 20
TRAIN_SHARE = 7 / 9
HORIZONS = {HOUR: ((1, 1), (24, 6)), DAY: ((1, 1), (7, 1))}
"""(Steps ahead, steps between origins); a long forecast from every sixth hour is enough."""
LEAST_SEASONS = 6
"""Shorter logs have no test to speak of."""

_ABOUT = (
    "Events of everything and of the {} largest categories of the training steps. One forecaster "
    "a series, picked by one-step MASE of a backtest inside the training steps. MASE below 1 is "
    "better than repeating the last season was there; WAPE pools all series."
)


@dataclass(slots=True, frozen=True)
class Series:
    """float64[steps, n] with the slot of each step; ``train`` steps come first."""

    kind: str
    keys: list[int]
    values: Floats
    slots: Ints
    train: int

    @property
    def season(self) -> int:
        """Steps that make a season."""
        return Steps(self.kind, "UTC").season


def forecast(log: EventLog, unseen: EventLog | None, seed: int) -> Findings:
    """Return ``forecast.total`` and ``forecast.categories`` by hour, and ``by_day`` where it fits."""
    found, blocks = _measured(log)
    sections = [Section("What is coming", [Text(_ABOUT.format(CATEGORIES)), *blocks])]
    test: dict[str, Any] = {}
    if unseen is not None:
        others, more = _measured(unseen)
        test = {"forecast": others}
        sections.append(Section("What is coming: the other log", more))
    return Findings({"forecast": found}, test, tuple(sections))


def _measured(log: EventLog) -> tuple[dict[str, Any], list[Block]]:
    hours, hour_blocks = _of_kind(_series(log, HOUR))
    days, day_blocks = _of_kind(_series(log, DAY))
    return hours | {"by_day": days or None}, [*hour_blocks, *day_blocks]


def _series(log: EventLog, kind: str) -> Series:
    """Whole steps between the log's bounds; the categories are the training steps' largest."""
    lived = among(log.kind, DEEDS) & (log.hour < log.hours)
    ts_ms, category = log.ts_ms[lived], log.category[lived]
    steps = Steps(kind, log.zone)
    index = steps.index(ts_ms)
    bounds = steps.index(log.start_ms + np.array([0, log.hours * 3_600_000 - 1]))
    first, last = bounds.tolist()
    train = int((last + 1 - first) * TRAIN_SHARE)
    early = category[(index < first + train) & (category != TOTAL)]
    number, count = np.unique(early, return_counts=True)
    keys = [TOTAL, *number[np.lexsort((number, -count))[:CATEGORIES]].tolist()]
    inside = (index >= first) & (index <= last)
    at, values = counts(index[inside], category[inside], keys)
    padded = np.zeros((last + 1 - first, len(keys)))
    padded[at - first : at - first + len(values)] = values
    return Series(kind, keys, padded, steps.slot(np.arange(first, last + 1)), train)


def _of_kind(series: Series) -> tuple[dict[str, Any], list[Block]]:
    if len(series.values) < LEAST_SEASONS * series.season:
        return {}, []
    past = series.values[: series.train], series.slots[: series.train]
    untrained = UNTRAINED.steps[series.kind].default
    plan = pick_step(*past, series.keys, series.season, untrained)
    total = [i for i, key in enumerate(series.keys) if key == TOTAL]
    parts = [i for i, key in enumerate(series.keys) if key != TOTAL]
    found: dict[str, Any] = {"total": _errors(series, plan, total)}
    if parts:
        found["categories"] = _errors(series, plan, parts) | {"count": len(parts)}
    return found, [_table(series.kind, found), _plot(series, plan)]


def _errors(series: Series, plan: StepPlan, columns: list[int]) -> dict[str, Any]:
    values = series.values[:, columns]
    scale = naive_error(values[: series.train], series.season)
    picks = [plan.of(series.keys[i]) for i in columns]
    found: dict[str, Any] = {"picked": dict(Counter(pick.family for pick in picks))}
    naive: dict[str, float] = {}
    for horizon, stride in HORIZONS[series.kind]:
        run = _run(series, picks, columns, horizon, stride)
        base = rolling(SeasonalNaive(), np.zeros((len(columns), 0)), values, series.slots,
                       series.season, series.train, horizon, stride)  # fmt: skip
        found[f"mase_{horizon}"] = float(run.mase(scale).mean())
        found[f"wape_{horizon}"] = run.wape()
        naive |= {f"mase_{horizon}": float(base.mase(scale).mean())}
        naive |= {f"wape_{horizon}": base.wape()}
    return found | {"baselines": {"seasonal_naive": naive}}


def _run(
    series: Series, picks: list[Pick], columns: list[int], horizon: int, stride: int
) -> Backtest:
    runs = [
        rolling(
            FAMILIES[pick.family], np.array([pick.coefficients]), series.values[:, [column]],
            series.slots, series.season, series.train, horizon, stride,
        )
        for pick, column in zip(picks, columns, strict=True)
    ]  # fmt: skip
    return Backtest(
        np.concatenate([run.predicted for run in runs], axis=2),
        np.concatenate([run.actual for run in runs], axis=2),
    )


def _table(kind: str, found: dict[str, Any]) -> Table:
    names = [name for name in found["total"] if name.startswith(("mase", "wape"))]
    rows = []
    for part, errors in found.items():
        picked = ", ".join(f"{n} {family}" for family, n in errors["picked"].items())
        rows.append((f"{part}: {picked}", *(errors[name] for name in names)))
        naive = errors["baselines"]["seasonal_naive"]
        rows.append((f"{part}: seasonal naive", *(naive[name] for name in names)))
    return Table((f"by {kind}", *names), rows)


def _plot(series: Series, plan: StepPlan) -> Plot:
    run = _run(series, [plan.of(series.keys[0])], [0], 1, 1)

    def paint(axes: Any) -> None:
        axes.plot(run.actual[:, 0, 0], color="0.6", label="observed")
        axes.plot(run.predicted[:, 0, 0], label="forecast one step ahead")
        axes.set_xlabel(f"{series.kind}s of the test block")
        axes.set_ylabel("events")
        axes.legend()

    return draw(paint, "All events together.")
