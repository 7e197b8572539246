"""Draw a planted world: its items, its users' moments, what came of them, and the truth behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluate.context.world import FLAGS, LOGNORMAL, Attribute, SceneOf, World
from models.features.calendar import DAY_MS, HOUR_MS, zone_table
from schemas.vocabulary import Scene

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FIELDS = ("device", "network", "place")
NOT_TOLD = ""


@dataclass(slots=True, frozen=True)
class Items:
    """``values``: float64[items, attributes] as the catalogue tells them, NaN missing (age at the
    start, days); ``category``: of each item.
    """

    names: tuple[str, ...]
    values: Floats
    category: Ints


@dataclass(slots=True, frozen=True)
class Moments:
    """A row a moment, oldest first. ``words``: what is told by field, "" nothing."""

    user: Ints
    ts_ms: Ints
    scene: Ints
    hour: Ints
    workday: NDArray[np.bool_]
    told: NDArray[np.bool_]
    located: NDArray[np.bool_]
    words: dict[str, NDArray[np.str_]]

    def __len__(self) -> int:
        """Moments."""
        return len(self.user)


@dataclass(slots=True, frozen=True)
class Planted:
    """A drawn world. ``slate``, ``engaged``: [moments, slate]; ``interests``: bool[users,
    categories]; ``active``: bool[moments].

    ``oracle`` is the probability by which it was drawn; ``oracle_told`` knows all rules and what was
    told, not the scene; ``oracle_blind`` knows all rules and the clock, nothing of the situation.
    """

    world: World
    items: Items
    moments: Moments
    interests: NDArray[np.bool_]
    slate: Ints
    active: NDArray[np.bool_]
    engaged: NDArray[np.bool_]
    oracle: Floats
    oracle_told: Floats
    oracle_blind: Floats


def plant(world: World) -> Planted:
    """Draw the world; the same file gives the same world."""
    rng = np.random.default_rng(world.seed)
    items = _items(world, rng)
    interests = _interests(world, rng)
    moments = _moments(world, rng)
    slate = np.argsort(rng.random((len(moments), world.items)), axis=1)[:, : world.slate]
    by_scene = _probabilities(world, items, moments, interests, slate)
    active = rng.random(len(moments)) < world.active
    true = np.eye(len(Scene))[moments.scene]
    blind = _clock_scenes(world, moments)
    told = np.where(moments.told[:, None], true, _posterior(world, moments, blind))
    oracle, oracle_told, oracle_blind = (
        world.active * np.einsum("mks,ms->mk", by_scene, weight) for weight in (true, told, blind)
    )
    drawn = rng.random(slate.shape) < np.einsum("mks,ms->mk", by_scene, true)
    return Planted(
        world, items, moments, interests, slate, active, drawn & active[:, None],
        oracle, oracle_told, oracle_blind,
    )  # fmt: skip


def _items(world: World, rng: np.random.Generator) -> Items:
    names = tuple(world.attribute)
    columns = [_drawn(name, world.attribute[name], world.items, rng) for name in names]
    values = np.stack(columns, axis=1) if columns else np.zeros((world.items, 0))
    return Items(names, values, rng.integers(0, world.categories, world.items))


def _drawn(name: str, spec: Attribute, count: int, rng: np.random.Generator) -> Floats:
    if name in LOGNORMAL:
        values = np.exp(
            np.log(spec.median or 1.0) + (spec.sigma or 0.0) * rng.standard_normal(count)
        )
    elif name in FLAGS:
        values = (rng.random(count) < (spec.share or 0.0)).astype(np.float64)
    else:
        values = rng.uniform(spec.low or 0.0, spec.high or 0.0, count)
    return np.where(rng.random(count) < spec.missing, np.nan, np.round(values, 2))


def _interests(world: World, rng: np.random.Generator) -> NDArray[np.bool_]:
    order = np.argsort(rng.random((world.users, world.categories)), axis=1)
    return order < world.interests


def _moments(world: World, rng: np.random.Generator) -> Moments:
    """Each user's scenes follow the world's weights with habits of their own (Dirichlet)."""
    count = rng.poisson(world.moments_per_day, (world.users, world.days))
    user, day = (np.repeat(grid.ravel(), count.ravel()) for grid in np.indices(count.shape))
    start = datetime.combine(world.start, datetime.min.time(), UTC)
    workday = (start.weekday() + day) % 7 < 5
    scenes = [Scene[name.upper()] for name in world.scene]
    specs = list(world.scene.values())
    weight = np.array([spec.weight for spec in specs])
    habits = rng.dirichlet(world.habit * weight / weight.sum() * len(weight) + 1e-6, world.users)
    can_be = np.stack([_on(spec, workday) for spec in specs], axis=1)
    chance = (habits[user] + 1e-9) * can_be
    rank = np.cumsum(chance, axis=1) / chance.sum(axis=1, keepdims=True)
    which = np.minimum((rng.random(len(user))[:, None] > rank).sum(axis=1), len(specs) - 1)
    hour, words = _circumstances(specs, which, rng)
    local_ms = int(start.timestamp() * 1000) + day * DAY_MS + hour * HOUR_MS
    local_ms += rng.integers(0, HOUR_MS // 1000, len(user)) * 1000
    index, table = zone_table([world.timezone], int(local_ms.min()) - DAY_MS, int(local_ms.max()))
    zone = np.repeat(index, len(user))
    ts_ms = local_ms - table.offset_ms(zone, local_ms - table.offset_ms(zone, local_ms))
    order = np.lexsort((user, ts_ms))
    told, located = (rng.random(len(user)) < share for share in (world.told, world.located))
    scene = np.array(scenes, np.int64)[which]
    return Moments(
        user[order], ts_ms[order], scene[order], hour[order], workday[order], told[order],
        located[order], {field: column[order] for field, column in words.items()},
    )  # fmt: skip


def _circumstances(
    specs: list[SceneOf], which: Ints, rng: np.random.Generator
) -> tuple[Ints, dict[str, NDArray[Any]]]:
    """The hour of each moment and what is told of it, as its scene has them."""
    hour = np.zeros(len(which), np.int64)
    words = {field: np.full(len(which), NOT_TOLD, dtype="U16") for field in FIELDS}
    for number, spec in enumerate(specs):
        rows = np.flatnonzero(which == number)
        hour[rows] = rng.choice(np.array(_hours(spec)), len(rows))
        for field in FIELDS:
            told = getattr(spec, field)
            silent = max(1 - sum(told.values()), 0.0)
            shares = np.array([*told.values(), silent])
            words[field][rows] = rng.choice([*told, NOT_TOLD], len(rows), p=shares / shares.sum())
    return hour, words


def _probabilities(
    world: World, items: Items, moments: Moments, interests: NDArray[np.bool_], slate: Ints
) -> Floats:
    """P(engage | active) of each offered item in each scene: float64[moments, slate, scenes]."""
    z = _standard(world, items)[slate]
    if "age_d" in items.names:
        column = items.names.index("age_d")
        past_d = (moments.ts_ms - moments.ts_ms.min()) / DAY_MS
        age = np.log(items.values[slate, column] + past_d[:, None])
        spec = world.attribute["age_d"]
        z[:, :, column] = np.nan_to_num((age - np.log(spec.median or 1.0)) / (spec.sigma or 1.0))
    main = np.array([world.attribute[name].log_odds for name in items.names])
    of_interest = interests[moments.user[:, None], items.category[slate]]
    plain = z @ main + world.interest * of_interest
    effects = np.zeros((len(Scene), len(items.names)))
    rate = np.zeros(len(Scene))
    for name, spec_of in world.scene.items():
        rate[Scene[name.upper()]] = spec_of.rate
        for attribute, log_odds in spec_of.log_odds.items():
            effects[Scene[name.upper()], items.names.index(attribute)] = log_odds
    odds: Floats = plain[:, :, None] + z @ effects.T + rate
    true = np.take_along_axis(odds, moments.scene[:, None, None], axis=2)
    return _sigmoid(odds + _intercept(true, world.base_rate))


def _standard(world: World, items: Items) -> Floats:
    """Attributes as the log-odds count them: standard deviations, flags as 0 or 1, missing 0."""
    columns = []
    for column, name in zip(items.values.T, items.names, strict=True):
        spec = world.attribute[name]
        if name in LOGNORMAL:
            z = (np.log(column) - np.log(spec.median or 1.0)) / (spec.sigma or 1.0)
        elif name in FLAGS:
            z = column
        else:
            low, high = spec.low or 0.0, spec.high or 1.0
            z = (column - (low + high) / 2) / ((high - low) / np.sqrt(12))
        columns.append(np.nan_to_num(z))
    return np.stack(columns, axis=1) if columns else np.zeros((world.items, 0))


def _intercept(odds: Floats, rate: float) -> float:
    """What to add so that the mean probability is ``rate``, by bisection."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _sigmoid(odds + middle).mean() < rate else (low, middle)
    return (low + high) / 2


def _clock_scenes(world: World, moments: Moments) -> Floats:
    """P(scene | local hour, kind of day): float64[moments, scenes]."""
    chance = np.zeros((len(moments), len(Scene)))
    for name, spec in world.scene.items():
        hours = _hours(spec)
        here = np.isin(moments.hour, hours) & _on(spec, moments.workday)
        chance[:, Scene[name.upper()]] = here * spec.weight / len(hours)
    share: Floats = chance / chance.sum(axis=1, keepdims=True)
    return share


def _posterior(world: World, moments: Moments, prior: Floats) -> Floats:
    """P(scene | clock and what was told) by Bayes; fields are told independently in a scene."""
    chance = prior.copy()
    for name, spec in world.scene.items():
        for field in FIELDS:
            told = getattr(spec, field)
            words = moments.words[field]
            silent = max(1 - sum(told.values()), 0.0)
            like = np.where(words == NOT_TOLD, silent, 0.0)
            for word, often in told.items():
                like = np.where(words == word, often, like)
            chance[:, Scene[name.upper()]] *= like
    posterior: Floats = chance / chance.sum(axis=1, keepdims=True)
    return posterior


def _on(spec: SceneOf, workday: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return {"any": np.ones_like(workday), "workday": workday, "weekend": ~workday}[spec.days]


def _hours(spec: SceneOf) -> list[int]:
    return [hour for start, stop in spec.hours for hour in range(start, stop)]


def _sigmoid(x: Any) -> Floats:
    probability: Floats = 1.0 / (1.0 + np.exp(-x))
    return probability
