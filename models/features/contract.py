"""The ordered list of features with its version and hash, and the one place that computes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features import (
    affinity,
    context_fields,
    demand,
    echo,
    ewma,
    ewma_trend,
    fair_price,
    frequency,
    hour_weekday,
    interests,
    item_attributes,
    language,
    near_shops,
    near_stock,
    offers,
    recency,
    repurchase,
    scene_weights,
    season,
    short_long,
    source,
    steps,
    told_interests,
    window_counts,
)
from models.features.calendar import Int64s
from models.features.pairs import Around, FactsOf, PairView, pair_view
from models.features.view import (
    HALF_LIVES_H,
    events_before,
    local_times,
    require_one_each,
    user_view,
)
from models.features.whereabouts import Whereabouts
from schemas.state import UserState

USER_FAMILIES = (
    window_counts, recency, frequency, ewma, ewma_trend, short_long, hour_weekday, echo, interests,
    context_fields, scene_weights,
)  # fmt: skip
PAIR_FAMILIES = (
    affinity, repurchase, demand, item_attributes, near_shops, near_stock, language, offers,
    fair_price, told_interests, source,
)  # fmt: skip
VERSION = 3


@dataclass(slots=True, frozen=True)
class Contract:
    """Which number stands in which column of ``user`` and ``pair`` rows (float32).

    ``hash``: sha256 in hex over the version and the ordered names.
    """

    version: int
    user: tuple[str, ...]
    pair: tuple[str, ...]
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        text = "\n".join((str(self.version), "user", *self.user, "pair", *self.pair))
        object.__setattr__(self, "hash", sha256(text.encode()).hexdigest())


CONTRACT = Contract(
    VERSION,
    (*(name for family in USER_FAMILIES for name in family.NAMES), *season.NAMES),
    tuple(name for family in PAIR_FAMILIES for name in family.NAMES),
)


def contract_hash(half_lives_h: tuple[int, ...]) -> str:
    """Return `CONTRACT`.hash; with other half-lives another, since the numbers mean something else."""
    if half_lives_h == HALF_LIVES_H:
        return CONTRACT.hash
    return sha256(f"{CONTRACT.hash} {half_lives_h}".encode()).hexdigest()


def user_features(
    state: UserState,
    now_ms: Int64s,
    zones: list[str],
    where: Whereabouts | None = None,
    half_lives_h: tuple[int, ...] = HALF_LIVES_H,
) -> NDArray[np.float32]:
    """Return float32[n, `CONTRACT`.user] at each user's ``now_ms`` in their IANA zone.

    ``where``: what the texts in ``state`` say of places, None: nothing; ``half_lives_h``: of smoothed
    counts, short, middle and long. NaN is "not known". A row depends on its own user alone.

    Raises:
        ValueError: the arguments differ in length.
    """
    view = user_view(state, now_ms, zones, half_lives_h)
    where = where or Whereabouts.unknown(len(state))
    told = [view.once(family.compute) for family in USER_FAMILIES]
    return _row([*told, season.compute(view, where)])


def user_steps(state: UserState, now_ms: Int64s, zones: list[str]) -> NDArray[np.float32]:
    """Return float32[n, `steps.STEPS`, `steps.CHANNELS`]: the newest events of each user.

    Read from the row that decides, here, in training and in evaluation alike. A row depends on its
    own user alone.

    Raises:
        ValueError: the arguments differ in length.
    """
    require_one_each(state, now_ms, zones)
    now_ms = np.asarray(now_ms, np.int64)
    return steps.compute(events_before(state, now_ms), local_times(now_ms, zones) - now_ms)


def pair_features(
    state: UserState,
    due: Int64s,
    item: NDArray[np.uint64],
    category: NDArray[np.uint64],
    attributes: NDArray[Any],
    source_score: NDArray[np.float32],
    now_ms: Int64s,
    facts_of: FactsOf,
    around: Around,
) -> NDArray[np.float32]:
    """Return float32[m, `CONTRACT`.pair] of ``m`` pairs.

    ``due``: the pair's row in ``state`` and ``now_ms``; ``attributes``: `ITEM_ATTRIBUTES` rows;
    ``facts_of``: what the epoch tells of categories; ``around``: where users and items are.
    """
    return pair_rows(
        pair_view(state, due, item, category, attributes, facts_of, source_score, now_ms, around)
    )


def pair_rows(view: PairView) -> NDArray[np.float32]:
    """Return float32[m, `CONTRACT`.pair] of a view that others read as well."""
    return _row([family.compute(view) for family in PAIR_FAMILIES])


def _row(columns: list[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Float32 at last, and one bit pattern for NaN: rows are compared as bytes."""
    rows = np.concatenate(columns, axis=1).astype(np.float32, order="C")
    rows[np.isnan(rows)] = np.nan
    return rows
