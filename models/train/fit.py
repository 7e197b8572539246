"""Fit one graph: boosted trees, or a constant where there is nothing to learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from models.bundle.handmade import constant_graph
from models.bundle.manifest import Graph, Parity
from models.bundle.parity import check_parity, golden_rows
from models.features import steps
from models.train.export import export_binary, floor_thresholds

Rows = NDArray[np.float32]
LEAST_OF_A_CLASS = 10
"""Fewer examples of one class than this teach nothing; the graph is then a constant."""
PRIOR = 0.02
"""The probability of an engagement before anything was seen, worth one example."""
RECURRENT = "gru"
"""The kind of graph that reads steps."""
MOST_ROWS = 400_000
"""Rows a graph learns from; more are thinned evenly at random."""


@dataclass(slots=True, frozen=True)
class Fitted:
    """A graph that passed the parity gate."""

    onnx_bytes: bytes
    kind: str
    parity: Parity | None

    def described(self, name: str, columns: tuple[str, ...]) -> Graph:
        """Return the graph's entry in the manifest (its sha256 is filled in on writing)."""
        recurrent = self.kind == RECURRENT
        return Graph(
            file=f"{name}.onnx", sha256="", columns=columns, kind=self.kind, parity=self.parity,
            steps=steps.STEPS * recurrent, channels=steps.CHANNELS if recurrent else (),
        )  # fmt: skip


@dataclass(slots=True, frozen=True)
class Trees:
    """How much boosted trees may learn; ``share``: of the columns that a split may look at."""

    rounds: int
    leaves: int
    least_leaf: int
    rate: float
    l2: float
    share: float = 1.0


TEMPORAL = Trees(rounds=120, leaves=15, least_leaf=30, rate=0.06, l2=1.0)
CONTEXT = Trees(rounds=60, leaves=8, least_leaf=60, rate=0.06, l2=5.0)
"""The context view is weaker and changes less (DESIGN section 6): it may learn less."""


def fit_binary(name: str, rows: Rows, label: NDArray[np.bool_], trees: Trees, seed: int) -> Fitted:
    """Return P(label) as boosted trees, or as a constant where one class is (nearly) absent.

    Raises:
        ParityError: the exported graph differs from the trained model.
    """
    rows, label = thinned(rows, label, seed)
    if min(int(label.sum()), int((~label).sum())) < LEAST_OF_A_CLASS:
        rate = float((label.sum() + PRIOR) / (len(label) + 1.0))
        return Fitted(constant_graph([rate], rows.shape[1]), "constant", None)
    model = grown(rows, label, trees, seed)
    made = export_binary(model, rows.shape[1])
    return _gated(name, made, "boosted_trees", _class_one(model), rows, seed)


def grown(
    rows: Rows, label: NDArray[np.bool_], trees: Trees, seed: int
) -> HistGradientBoostingClassifier:
    """Return fitted trees whose thresholds are float32 already."""
    model = HistGradientBoostingClassifier(
        max_iter=trees.rounds, max_leaf_nodes=trees.leaves, learning_rate=trees.rate,
        min_samples_leaf=trees.least_leaf, l2_regularization=trees.l2, early_stopping=False,
        max_features=trees.share,
        random_state=seed,
    ).fit(_told_columns(rows), label)  # fmt: skip
    floor_thresholds(model)
    return model


def _class_one(model: HistGradientBoostingClassifier) -> Callable[[Rows], NDArray[np.float64]]:
    def predict(rows: Rows) -> NDArray[np.float64]:
        found: NDArray[np.float64] = model.predict_proba(rows)[:, 1]
        return found

    return predict


def _gated(
    name: str,
    made: bytes,
    kind: str,
    predict: Callable[[Rows], NDArray[np.float64]],
    rows: Rows,
    seed: int,
) -> Fitted:
    return Fitted(made, kind, check_parity(name, made, predict, golden_rows(rows, seed)))


def _told_columns(rows: Rows) -> Rows:
    """Rows with 0 in columns that nobody ever told: scikit-learn cannot bin nothing but NaN.

    Such a column is constant, no tree asks for it, so it stays NaN when scoring.
    """
    return np.where(np.isnan(rows).all(axis=0), np.float32(0), rows)


def thinned(
    rows: Rows, label: NDArray[Any], seed: int, most: int = MOST_ROWS
) -> tuple[Rows, NDArray[Any]]:
    """Return at most ``most`` rows with their labels, drawn evenly, in their order."""
    if len(rows) <= most:
        return rows, label
    kept = np.sort(np.random.default_rng(seed).permutation(len(rows))[:most])
    return rows[kept], label[kept]
