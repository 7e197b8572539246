"""AUC, log-loss and NDCG@10 of scores over the same pairs, with paired intervals from users drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle.odds import EPSILON
from models.metrics.intervals import DRAWS, INTERVAL, draws_of_users, weighted_auc

Floats = NDArray[np.float64]
TOP = 10
METRICS = ("auc", "log_loss", "ndcg@10")


@dataclass(slots=True, frozen=True)
class Pairs:
    """Labelled pairs, sorted by decision; ``user`` (a number) is what is drawn anew."""

    label: NDArray[np.bool_]
    due: NDArray[np.int64]
    item: NDArray[np.uint64]
    user: NDArray[np.int64]

    def take(self, rows: NDArray[np.bool_]) -> Pairs:
        """Return the chosen pairs."""
        return Pairs(self.label[rows], self.due[rows], self.item[rows], self.user[rows])


@dataclass(slots=True, frozen=True)
class Measured:
    """A metric's value and its value in each draw of users; NaN where it cannot be had."""

    value: float
    drawn: Floats

    def told(self) -> dict[str, float | None]:
        """Return the value with its 95% interval."""
        low, high = (None, None)
        if not np.isnan(self.value):
            low, high = (float(x) for x in np.nanpercentile(self.drawn, INTERVAL))
        return {"value": _number(self.value), "ci_low": low, "ci_high": high}

    def minus(self, other: Measured) -> Measured:
        """The paired difference: same users in each draw."""
        return Measured(self.value - other.value, self.drawn - other.drawn)


def measured(score: Floats, pairs: Pairs, seed: int) -> dict[str, Measured]:
    """Return each of `METRICS` of a score."""
    if not 0 < pairs.label.sum() < len(pairs.label):
        gone = Measured(np.nan, np.full(DRAWS, np.nan))
        return dict.fromkeys(METRICS, gone)
    user, weights = draws_of_users(pairs.user, seed)
    users = weights.shape[1]
    p = np.clip(score, EPSILON, 1 - EPSILON)
    loss = -np.where(pairs.label, np.log(p), np.log(1 - p))
    decisions, first, ndcg = ndcg_by_decision(score, pairs)
    return {
        "auc": _auc(score, pairs.label, user, weights),
        "log_loss": _ratio(np.bincount(user, loss, users), np.bincount(user, minlength=users), weights),
        "ndcg@10": _ratio(
            np.bincount(user[first], ndcg, users),
            np.bincount(user[first], minlength=users), weights,
        ) if len(decisions) else Measured(np.nan, np.full(DRAWS, np.nan)),
    }  # fmt: skip


def ndcg_by_decision(
    score: Floats, pairs: Pairs
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return the decisions with an engagement, a pair of each, and their NDCG@10.

    Equal scores are ordered by item hash, which knows nothing.
    """
    order = np.lexsort((pairs.item, -score, pairs.due))
    due, engaged = pairs.due[order], pairs.label[order]
    _, first, index = np.unique(due, return_index=True, return_inverse=True)
    rank = np.arange(len(due)) - first[index]
    hit = engaged & (rank < TOP)
    gain = np.bincount(index[hit], 1 / np.log2(rank[hit] + 2.0), minlength=len(first))
    wanted = np.bincount(index[engaged], minlength=len(first))
    kept = np.flatnonzero(wanted)
    ideal = np.cumsum(1 / np.log2(np.arange(TOP) + 2.0))[np.minimum(wanted[kept], TOP) - 1]
    return due[first[kept]], order[first[kept]], gain[kept] / ideal


def gains(better: dict[str, Measured], other: dict[str, Measured]) -> dict[str, Any]:
    """Return by how much one score is better than the other; a lower log-loss is better."""
    found = {}
    for metric in METRICS:
        pair = (other, better) if metric == "log_loss" else (better, other)
        found[metric] = pair[0][metric].minus(pair[1][metric]).told()
    return found


def _auc(
    score: Floats, label: NDArray[np.bool_], user: NDArray[np.int64], weights: NDArray[np.int64]
) -> Measured:
    order = np.argsort(score, kind="stable")
    ordered, truth, who = score[order], label[order], user[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    drawn = np.array([weighted_auc(weight[who], truth, starts) for weight in weights])
    return Measured(weighted_auc(np.ones(len(who), np.int64), truth, starts), drawn)


def _ratio(total: NDArray[Any], count: NDArray[Any], weights: NDArray[np.int64]) -> Measured:
    drawn = (weights * total).sum(axis=1) / np.maximum((weights * count).sum(axis=1), 1)
    return Measured(float(total.sum() / max(count.sum(), 1)), drawn)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
