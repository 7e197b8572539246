"""The context expert's graphs: boosted trees against scenes crossed with the item, many weights or few.

Where the situation says nothing of who acts, a few weights (or none) are right and trees learn noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle.handmade import constant_graph
from models.bundle.parity import check_parity, golden_rows
from models.metrics.probabilities import surprise
from models.train.crossed import Crossed
from models.train.fit import (
    LEAST_OF_A_CLASS,
    Fitted,
    Rows,
    Trees,
    fit_binary,
    grown,
    thinned,
)

LATER_SHARE = 0.25
"""The last part of the training time judges."""
MOST_JUDGED = 60_000
"""Rows the judged contestants learn from."""
RATE = "rate"
"""The simplest family: everybody, and everything, alike."""
SURE = 2.0
"""Standard errors by which the best of the others must beat it: one of several is lucky."""
SPARSE = (0.1, 0.3, 1.0)
"""A weight that is kept costs 1 / (2 s) nats: 5 to 0.5. Their mean is steadier than the best of them."""


def crossed(rows: Rows, columns: tuple[str, ...], label: NDArray[np.bool_]) -> Crossed:
    """Fit many weights, all of them shrunk."""
    return Crossed.fit(rows, columns, label, 0.03)


def shrunk(rows: Rows, columns: tuple[str, ...], label: NDArray[np.bool_]) -> Crossed:
    """Fit many weights, shrunk ten times more: for logs in which next to nothing matters."""
    return Crossed.fit(rows, columns, label, 0.003)


def sparse(rows: Rows, columns: tuple[str, ...], label: NDArray[np.bool_]) -> Crossed:
    """Fit few weights."""
    return Crossed.mean([Crossed.fit(rows, columns, label, s, sparse=True) for s in SPARSE])


def both(rows: Rows, columns: tuple[str, ...], label: NDArray[np.bool_]) -> Crossed:
    """Fit the mean of many weights and few."""
    return Crossed.mean([fit(rows, columns, label) for fit in (crossed, sparse)])


LINEAR = {fit.__name__: fit for fit in (shrunk, crossed, sparse, both)}
"""The linear families."""


def fit_contest(
    name: str,
    columns: tuple[str, ...],
    rows: Rows,
    label: NDArray[np.bool_],
    now_ms: NDArray[np.int64],
    horizon_ms: int,
    trees: Trees,
    seed: int,
) -> tuple[Fitted, dict[str, Any]]:
    """Return the graph whose family predicts the later rows best, and every family's log-loss.

    Raises:
        ParityError: the exported graph differs from the trained model.
    """
    cut = np.quantile(now_ms, 1 - LATER_SHARE) if len(now_ms) else 0
    earlier, later = now_ms + horizon_ms < cut, now_ms >= cut
    if not (_enough(label[earlier]) and _enough(label[later])):
        return fit_binary(name, rows, label, trees, seed), {}
    some, told = thinned(rows[earlier], label[earlier], seed, MOST_JUDGED)
    said = _said(some, told, rows[later], columns, trees, seed)
    losses = {family: surprise(p, label[later]) for family, p in said.items()}
    chosen = _best(losses)
    contest = {
        "log_loss": {family: float(loss.mean()) for family, loss in losses.items()},
        "chosen": chosen,
    }
    if chosen == "trees":
        return fit_binary(name, rows, label, trees, seed), contest
    golden = golden_rows(rows, seed)
    if chosen == RATE:
        return _rate(name, rows, label, golden), contest
    few, of_few = thinned(rows, label, seed)
    return _crossed(name, LINEAR[chosen](few, columns, of_few), golden), contest


def _crossed(name: str, linear: Crossed, golden: Rows) -> Fitted:
    made = linear.export()
    return Fitted(made, "crossed_logistic", check_parity(name, made, linear.predict, golden))


def _said(
    some: Rows,
    told: NDArray[np.bool_],
    asked: Rows,
    columns: tuple[str, ...],
    trees: Trees,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """What each family, fitted on ``some``, says of the rows asked about."""
    said = {RATE: np.full(len(asked), told.mean())}
    said["trees"] = grown(some, told, trees, seed).predict_proba(asked)[:, 1]
    fits = {
        family: LINEAR[family](some, columns, told) for family in ("shrunk", "crossed", "sparse")
    }
    fits["both"] = Crossed.mean([fits["crossed"], fits["sparse"]])
    return said | {family: fit.predict(asked) for family, fit in fits.items()}


def _rate(name: str, rows: Rows, label: NDArray[np.bool_], golden: Rows) -> Fitted:
    """The graph that gives everybody the rate."""
    rate = float(label.mean())
    made = constant_graph([rate], rows.shape[1])
    parity = check_parity(name, made, lambda some: np.full(len(some), rate), golden)
    return Fitted(made, RATE, parity)


def _best(losses: dict[str, NDArray[np.float64]]) -> str:
    """The family with the least loss, or the rate alone where that is not surely more."""
    best = min(losses, key=lambda family: float(losses[family].mean()))
    gain = losses[RATE] - losses[best]
    return best if gain.mean() > SURE * gain.std() / np.sqrt(len(gain)) else RATE


def _enough(label: NDArray[np.bool_]) -> bool:
    return min(int(label.sum()), int((~label).sum())) >= LEAST_OF_A_CLASS
