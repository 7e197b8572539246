"""A logistic regression in which every scene has its own view of the item.

``logit p = b + w . f + sum over scenes of P(scene) * (w_scene . g)``: ``f`` are all columns and ``g``
those of the item, as standard deviations within [-5, 5], what is missing at the mean and, where that
says something, told apart by an indicator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression

from models.bundle.bundle import INPUT, OUTPUT
from models.bundle.handmade import model
from models.bundle.manifest import SCENE_COLUMNS
from models.train.columns import OF_ITEM

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]
MOST_SD = 5.0
TELLING = 0.01
"""A column missing (or told) more rarely than this gets no indicator."""
STRENGTHS = (0.003, 0.03, 0.3)
"""Inverse penalties to choose from."""
_LEAST_SPREAD = 1e-6


@dataclass(slots=True, frozen=True)
class Scale:
    """How raw columns become ``f``; ``indicated``: columns whose absence is told apart; ``scenes``,
    ``items``: places in the raw columns and in ``f``.
    """

    mean: Floats
    spread: Floats
    indicated: NDArray[np.int64]
    scenes: NDArray[np.int64]
    items: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows, columns: tuple[str, ...]) -> Scale:
        """Return the scale of training rows."""
        told = ~np.isnan(rows)
        count = np.maximum(told.sum(axis=0), 1)
        mean = np.where(told, rows, 0).sum(axis=0, dtype=np.float64) / count
        square = (np.where(told, rows - mean, 0) ** 2).sum(axis=0, dtype=np.float64) / count
        spread = np.sqrt(square)
        share = told.mean(axis=0)
        indicated = np.flatnonzero((share > TELLING) & (share < 1 - TELLING))
        scenes = [columns.index(name) for name in SCENE_COLUMNS[1:] if name in columns]
        names = [*columns, *(columns[i] for i in indicated)]
        items = [i for i, name in enumerate(names) if name in OF_ITEM]
        return cls(
            mean, np.where(spread > _LEAST_SPREAD, spread, 1.0), indicated,
            np.array(scenes, np.int64), np.array(items, np.int64),
        )  # fmt: skip

    def design(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return ``f`` and P(scene) of the rows."""
        exact = rows.astype(np.float64)
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
        cls, rows: Rows, columns: tuple[str, ...], label: NDArray[np.bool_], strength: float
    ) -> Crossed:
        """Fit on rows with both classes."""
        scale = Scale.of(rows, columns)
        wide = scale.crossed(rows)
        fitted = LogisticRegression(C=strength, max_iter=300, tol=1e-4).fit(wide, label)
        weights = fitted.coef_[0].astype(np.float64)
        width = len(columns) + len(scale.indicated)
        by_scene = weights[width:].reshape(len(scale.scenes), len(scale.items))
        return cls(scale, weights[:width], by_scene, float(fitted.intercept_[0]))

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
        graph = _Graph()
        scale = self.scale
        graph.node("Cast", [INPUT], "exact", to=TensorProto.DOUBLE)
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
        total = self._scenes(graph) if len(self.by_scene) else "odds"
        graph.node("Sigmoid", [total], "wide")
        graph.node("Squeeze", ["wide", graph.whole("axis", np.array([1]))], "long")
        graph.node("Cast", ["long"], OUTPUT, to=TensorProto.FLOAT)
        return model(graph.nodes, graph.constants, len(scale.mean), None)

    def _scenes(self, graph: _Graph) -> str:
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


class _Graph:
    """Nodes and constants in the making."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str, **more: int) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], **more))

    def floats(self, name: str, values: Floats) -> str:
        made = helper.make_tensor(name, TensorProto.DOUBLE, values.shape, values.ravel())
        self.constants.append(made)
        return name

    def scalar(self, name: str, value: float) -> str:
        self.constants.append(helper.make_tensor(name, TensorProto.DOUBLE, [], [value]))
        return name

    def whole(self, name: str, values: NDArray[np.int64]) -> str:
        self.constants.append(helper.make_tensor(name, TensorProto.INT64, values.shape, values))
        return name

    def weighted(self, column: str, name: str, weights: Floats) -> str:
        """The sum of the columns times their weights: [n, 1]."""
        self.node("Mul", [column, self.floats(name, weights)], f"{name} times")
        axis = self.whole(f"{name} axis", np.array([1]))
        self.node("ReduceSum", [f"{name} times", axis], f"{name} sum", keepdims=1)
        return f"{name} sum"
