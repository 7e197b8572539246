"""Ranked lists of items, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.evaluate.items.candidates import Candidates
from models.evaluate.items.task import Queries, Task
from models.items.content import unit_rows
from models.items.histories import Floats, Ints

LONGEST = 20
CUTS = (5, 10, 20)
DRAWS = 200
INTERVAL = (2.5, 97.5)
_DISCOUNT = 1 / np.log2(np.arange(LONGEST) + 2.0)


def ranked(candidates: Candidates, score: Floats, queries: int) -> Ints:
    """Return int64[queries, `LONGEST`], best first, -1 where there is no more.

    A score of 0 is no proposal. Equal scores keep the order of a fixed lottery of the pairs.
    """
    told = np.flatnonzero(score > -np.inf)
    query, item, score = candidates.query[told], candidates.item[told], score[told]
    lot = (item * 0x9E3779B1) % 0x7FFFFFFF
    order = np.lexsort((lot, -score, query))
    query = query[order]
    place = np.arange(len(query)) - np.searchsorted(query, query)
    lists = np.full((queries, LONGEST), -1)
    shown = place < LONGEST
    lists[query[shown], place[shown]] = item[order][shown]
    return lists


def of_model(candidates: Candidates, column: int, queries: int) -> Ints:
    """Return the lists of one model alone."""
    score = candidates.score[:, column]
    return ranked(candidates, np.where(score > 0, score, -np.inf), queries)


@dataclass(slots=True, frozen=True)
class Worth:
    """What each query's list is worth: ``hit`` bool[queries, `LONGEST`], ``wanted`` how many."""

    hit: NDArray[np.bool_]
    wanted: Ints

    def of(self, measure: str, cut: int) -> NDArray[np.float64]:
        """Return hr, ndcg, mrr or recall at ``cut`` of each query."""
        hit = self.hit[:, :cut]
        if measure == "hr":
            return np.asarray(hit.any(axis=1), np.float64)
        if measure == "recall":
            share: NDArray[np.float64] = hit.sum(axis=1) / np.maximum(self.wanted, 1)
            return share
        if measure == "mrr":
            return np.asarray(np.where(hit.any(axis=1), 1.0 / (hit.argmax(axis=1) + 1), 0.0))
        ideal = np.cumsum(_DISCOUNT)[np.clip(self.wanted, 1, cut) - 1]
        worth: NDArray[np.float64] = (hit * _DISCOUNT[:cut]).sum(axis=1) / ideal
        return worth

    def take(self, rows: NDArray[Any]) -> Worth:
        """The chosen queries."""
        return Worth(self.hit[rows], self.wanted[rows])

    def means(self) -> dict[str, float]:
        """Return every measure's mean: hr5, ..., recall20."""
        return {
            f"{measure}{cut}": float(self.of(measure, cut).mean())
            for measure in ("hr", "ndcg", "mrr", "recall")
            for cut in CUTS
        }


def worth(lists: Ints, queries: Queries) -> Worth:
    """Say which places of the lists hold what was wanted."""
    row = np.broadcast_to(np.arange(len(lists))[:, None], lists.shape)
    wanted = np.bincount(queries.wanted_row, minlength=len(queries))
    return Worth(queries.is_wanted(row, lists), wanted)


def intervals(value: Worth, unit: Ints, seed: int) -> dict[str, list[float]]:
    """Return the 95% bootstrap intervals over units (Efron 1979) of the headline measures."""
    draws = _Draws.of(unit, seed)
    return {
        f"{measure}{cut}": draws.interval(value.of(measure, cut))
        for measure, cut in (("hr", 10), ("ndcg", 10), ("hr", 20), ("mrr", 20))
    }


def difference(
    one: Worth, other: Worth, measure: str, cut: int, unit: Ints, seed: int
) -> list[float]:
    """Return the 95% bootstrap interval over units of how much ``one`` is worth more."""
    return _Draws.of(unit, seed).interval(one.of(measure, cut) - other.of(measure, cut))


@dataclass(slots=True, frozen=True)
class _Draws:
    """``drawn``: int[draws, units], how often each unit is drawn; ``place``: the unit of a query."""

    drawn: NDArray[np.int64]
    place: Ints

    @classmethod
    def of(cls, unit: Ints, seed: int) -> _Draws:
        units, place = np.unique(unit, return_inverse=True)
        share = np.full(len(units), 1 / len(units))
        return cls(np.random.default_rng(seed).multinomial(len(units), share, DRAWS), place)

    def interval(self, value: NDArray[np.float64]) -> list[float]:
        count = self.drawn @ np.bincount(self.place).astype(np.float64)
        total = self.drawn @ np.bincount(self.place, value)
        low, high = np.percentile(total / count, INTERVAL)
        return [float(low), float(high)]


def variety(lists: Ints, task: Task, top: int = 10) -> dict[str, float | None]:
    """Return coverage, gini, novelty and intra-list diversity of the first ``top`` places.

    coverage: share of the items anybody is shown; gini: of the items' exposure; novelty: mean
    -log2 of the share of histories that have the item; ild: mean 1 - cosine of the attributes,
    None where nothing describes the items.
    """
    shown = lists[:, :top]
    items = shown[shown >= 0]
    exposure = np.bincount(items, minlength=task.final.items).astype(np.float64)
    share = (task.final.popularity() + 1) / (len(task.final.histories) + 1)
    return {
        "coverage": float((exposure > 0).mean()),
        "gini": _gini(exposure),
        "novelty": float(-np.log2(share[items]).mean()) if len(items) else None,
        "ild": _diversity(shown, task.final.attributes),
    }


def _gini(exposure: NDArray[np.float64]) -> float:
    ordered = np.sort(exposure)
    n, total = len(ordered), ordered.sum()
    place = 2 * np.arange(1, n + 1) - n - 1
    return float((place * ordered).sum() / (n * total)) if total else 0.0


def _diversity(shown: Ints, attributes: csr_array | None) -> float | None:
    """Mean over the lists of the mean over pairs, by |sum of unit vectors|^2 = n + 2 sum cos."""
    if attributes is None:
        return None
    full = shown[(shown >= 0).all(axis=1)]
    if not len(full):
        return None
    n = full.shape[1]
    row = np.repeat(np.arange(len(full)), n)
    of = csr_array(
        (np.ones(full.size, np.float32), (row, full.ravel())), (len(full), attributes.shape[0])
    )
    total = of @ unit_rows(attributes)
    cosines = (np.asarray(total.multiply(total).sum(axis=1)).ravel() - n) / 2
    return float(1 - (cosines / (n * (n - 1) / 2)).mean())
