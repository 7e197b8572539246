"""A logistic regression in which every scene has its own view of the item.

``logit p = b + w . f + sum over scenes of P(scene) * (w_scene . g)``: ``f`` are all columns and ``g``
those of the item, as standard deviations within [-5, 5], what is missing at the mean and, where that
says something, told apart by an indicator. Ages count by their logarithm: a day is much to what is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from sklearn.linear_model import LogisticRegression

from models.bundle.bundle import INPUT, OUTPUT
from models.bundle.handmade import model
from models.bundle.manifest import SCENE_COLUMNS
from models.train.columns import OF_ITEM
from models.train.nodes import Nodes

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]
MOST_SD = 5.0
TELLING = 0.01
"""A column missing (or told) more rarely than this gets no indicator."""
LOGGED = ("item_age_d",)
BEGIN, ROUNDS = 0.1, 4
"""Inverse penalty with which a sparse fit begins, and how often it then asks what may go."""
NOTHING = 0.01
"""A weight of a standard deviation below this goes on shrinking."""
_LEAST_SPREAD = 1e-6


@dataclass(slots=True, frozen=True)
class Scale:
    """How raw columns become ``f``; ``indicated``: columns whose absence is told apart; ``scenes``,
    ``items``: places in the raw columns and in ``f``.
    """

    mean: Floats
    spread: Floats
    logged: NDArray[np.bool_]
    indicated: NDArray[np.int64]
    scenes: NDArray[np.int64]
    items: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows, columns: tuple[str, ...]) -> Scale:
        """Return the scale of training rows."""
        logged = np.array([name in LOGGED for name in columns])
        exact = _by_ratio(rows.astype(np.float64), logged)
        told = ~np.isnan(exact)
        count = np.maximum(told.sum(axis=0), 1)
        mean = np.where(told, exact, 0).sum(axis=0) / count
        square = (np.where(told, exact - mean, 0) ** 2).sum(axis=0) / count
        spread = np.sqrt(square)
        share = told.mean(axis=0)
        indicated = np.flatnonzero((share > TELLING) & (share < 1 - TELLING))
        scenes = [columns.index(name) for name in SCENE_COLUMNS[1:] if name in columns]
        names = [*columns, *(columns[i] for i in indicated)]
        items = [i for i, name in enumerate(names) if name in OF_ITEM]
        return cls(
            mean, np.where(spread > _LEAST_SPREAD, spread, 1.0), logged, indicated,
            np.array(scenes, np.int64), np.array(items, np.int64),
        )  # fmt: skip

    def design(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return ``f`` and P(scene) of the rows."""
        exact = _by_ratio(rows.astype(np.float64), self.logged)
        gone = np.isnan(exact)
        z = np.clip((np.where(gone, self.mean, exact) - self.mean) / self.spread, -MOST_SD, MOST_SD)
        f = np.concatenate((z, ~gone[:, self.indicated]), axis=1)
        return f, np.clip(np.where(gone, 0.0, exact)[:, self.scenes], 0.0, 1.0)

    def crossed(self, rows: Rows) -> NDArray[np.float32]:
        """Return ``f`` and the items' columns once more for each scene, times its probability."""
        f, scenes = self.design(rows)
        g = f[:, self.items]
        parts = [f, *(g * scenes[:, k : k + 1] for k in range(scenes.shape[1]))]
        return np.concatenate(parts, axis=1).astype(np.float32)


@dataclass(slots=True, frozen=True)
class Crossed:
    """A fitted model: ``plain`` weights of ``f``, ``by_scene`` [scenes, items], and the bias."""

    scale: Scale
    plain: Floats
    by_scene: Floats
    bias: float

    @classmethod
    def fit(
        cls,
        rows: Rows,
        columns: tuple[str, ...],
        label: NDArray[np.bool_],
        strength: float,
        sparse: bool = False,
    ) -> Crossed:
        """Fit on rows with both classes; ``sparse``: most weights become nothing."""
        scale = Scale.of(rows, columns)
        wide = scale.crossed(rows)
        weights, bias = _ridge(wide, label, BEGIN if sparse else strength)
        for _ in range(ROUNDS if sparse else 0):
            # Dividing each weight's penalty by its square makes it a price for being there at all
            # (iteratively reweighted ridge, Frommlet and Nuel 2016).
            size = np.hypot(weights, NOTHING)
            weights, bias = _ridge(wide * size.astype(np.float32), label, strength)
            weights = weights * size
        width = len(columns) + len(scale.indicated)
        by_scene = weights[width:].reshape(len(scale.scenes), len(scale.items))
        return cls(scale, weights[:width], by_scene, bias)

    @classmethod
    def mean(cls, models: Sequence[Crossed]) -> Crossed:
        """Return the mean of the log-odds of models fitted on the same rows: such a model again."""
        plain, by_scene, bias = (
            np.mean([getattr(one, name) for one in models], axis=0)
            for name in ("plain", "by_scene", "bias")
        )
        return cls(models[0].scale, plain, by_scene, float(bias))

    def predict(self, rows: Rows) -> Floats:
        """Return P(label) of the rows."""
        f, scenes = self.scale.design(rows)
        odds = self.bias + (f * self.plain).sum(axis=1)
        g = f[:, self.scale.items]
        for k, weights in enumerate(self.by_scene):
            odds = odds + scenes[:, k] * (g * weights).sum(axis=1)
        probability: Floats = 1.0 / (1.0 + np.exp(-odds))
        return probability

    def export(self) -> bytes:
        """Return ONNX bytes; sums are taken row by row in float64, never as a matrix product."""
        graph = Nodes()
        scale = self.scale
        graph.node("Cast", [INPUT], "raw", to=TensorProto.DOUBLE)
        logged = scale.logged.astype(np.float64)
        graph.node("Max", ["raw", graph.scalar("nothing", 0.0)], "positive")
        graph.node("Add", ["positive", graph.scalar("unit", 1.0)], "more")
        graph.node("Log", ["more"], "log")
        graph.node("Mul", ["log", graph.floats("logged", logged)], "some log")
        graph.node("Mul", ["raw", graph.floats("not logged", 1.0 - logged)], "some raw")
        graph.node("Add", ["some log", "some raw"], "exact")
        graph.node("IsNaN", ["exact"], "gone")
        graph.node("Where", ["gone", graph.floats("mean", scale.mean), "exact"], "filled")
        graph.node("Sub", ["filled", "mean"], "centred")
        graph.node("Div", ["centred", graph.floats("spread", scale.spread)], "scaled")
        least, most = graph.scalar("least", -MOST_SD), graph.scalar("most", MOST_SD)
        graph.node("Clip", ["scaled", least, most], "z")
        graph.node("Not", ["gone"], "told")
        graph.node("Gather", ["told", graph.whole("indicated", scale.indicated)], "some", axis=1)
        graph.node("Cast", ["some"], "indicators", to=TensorProto.DOUBLE)
        graph.node("Concat", ["z", "indicators"], "f", axis=1)
        total = graph.weighted("f", "plain", self.plain)
        graph.node("Add", [total, graph.scalar("bias", self.bias)], "odds")
        total = self._scenes(graph) if self.by_scene.size else "odds"
        graph.node("Sigmoid", [total], "wide")
        graph.node("Squeeze", ["wide", graph.whole("axis", np.array([1]))], "long")
        graph.node("Cast", ["long"], OUTPUT, to=TensorProto.FLOAT)
        return model(graph.nodes, graph.constants, len(scale.mean), None)

    def _scenes(self, graph: Nodes) -> str:
        scale = self.scale
        graph.node("Gather", ["f", graph.whole("items", scale.items)], "g", axis=1)
        zero, one = graph.scalar("zero", 0.0), graph.scalar("one", 1.0)
        graph.node("Where", ["gone", zero, "exact"], "any number")
        graph.node("Clip", ["any number", zero, one], "known")
        total = "odds"
        for k, weights in enumerate(self.by_scene):
            at = graph.whole(f"at {k}", scale.scenes[k : k + 1])
            graph.node("Gather", ["known", at], f"scene {k}", axis=1)
            part = graph.weighted("g", f"scene {k} weights", weights)
            graph.node("Mul", [part, f"scene {k}"], f"part {k}")
            graph.node("Add", [total, f"part {k}"], f"odds {k}")
            total = f"odds {k}"
        return total


def _by_ratio(exact: Floats, logged: NDArray[np.bool_]) -> Floats:
    """Return the rows with ``log(1 + x)`` in some columns, below 0 as at 0."""
    columns: Floats = np.where(logged, np.log(np.maximum(exact, 0.0) + 1.0), exact)
    return columns


def _ridge(
    wide: NDArray[np.float32], label: NDArray[np.bool_], strength: float
) -> tuple[Floats, float]:
    fitted = LogisticRegression(C=strength, max_iter=300, tol=1e-4).fit(wide, label)
    return fitted.coef_[0].astype(np.float64), float(fitted.intercept_[0])
