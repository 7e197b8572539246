"""A log-linear scene model: what a word says of the scene is the same at any hour.

``log P(scene) = b + w . f`` up to a sum to 1; ``f`` are the scene inputs, with the local hour as one of 24
and once more at weekends. Where the fields of a situation are told independently of each other this is the
exact posterior, and it needs fewer told scenes than trees, which see an hour as a threshold.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from sklearn.linear_model import LogisticRegression

from models.bundle.bundle import INPUT, OUTPUT
from models.bundle.handmade import model
from models.train.columns import SCENE_INPUTS
from models.train.export import FILL, MOST
from models.train.nodes import Nodes
from schemas.vocabulary import Scene

Floats = NDArray[np.float64]
HOURS = 24
SATURDAY = 5
NEVER = -1e30
"""Log-odds of a scene nobody told: its probability is 0."""
_HOUR, _DAY = SCENE_INPUTS.index("local_hour"), SCENE_INPUTS.index("weekday")
_SCALE = np.array([MOST if name == "app_minutes_1h" else 1.0 for name in SCENE_INPUTS])
"""Inputs are shares and flags; minutes become hours."""
_SCALE[[_HOUR, _DAY]] = np.inf


class LogLinear:
    """Fitted on filled rows (`models.train.export.fill`) of `SCENE_INPUTS`, as scikit-learn's models are."""

    def __init__(self, strength: float) -> None:
        """``strength``: inverse penalty."""
        self._strength = strength
        self.classes_ = np.zeros(0, np.int64)

    def fit(self, rows: NDArray[np.float32], label: NDArray[np.int64]) -> Self:
        """Fit on rows of at least two scenes."""
        fitted = LogisticRegression(C=self._strength, max_iter=500).fit(_design(rows), label)
        self.classes_ = fitted.classes_
        weights, bias = fitted.coef_, fitted.intercept_
        if len(self.classes_) == 2:
            weights, bias = np.stack((0 * weights[0], weights[0])), np.append(0.0, bias)
        self._weights, self._bias = weights.astype(np.float64), bias.astype(np.float64)
        return self

    def predict_proba(self, rows: NDArray[np.float32]) -> Floats:
        """Return P(scene) of the ``classes_``."""
        f = _design(rows)
        odds = np.stack([(f * weights).sum(axis=1) for weights in self._weights], axis=1)
        odds = odds + self._bias
        raised = np.exp(odds - odds.max(axis=1, keepdims=True))
        probability: Floats = raised / raised.sum(axis=1, keepdims=True)
        return probability

    def export(self) -> bytes:
        """Return ONNX bytes that give float32[n, scenes]; sums in float64, never a matrix product."""
        weights, bias = np.zeros((len(Scene), self._weights.shape[1])), np.full(len(Scene), NEVER)
        weights[self.classes_], bias[self.classes_] = self._weights, self._bias
        graph = Nodes()
        _design_nodes(graph)
        parts = [graph.weighted("f", scene.name, weights[scene]) for scene in Scene]
        graph.node("Concat", parts, "sums", axis=1)
        graph.node("Add", ["sums", graph.floats("bias", bias)], "odds")
        graph.node("Softmax", ["odds"], "wide", axis=1)
        graph.node("Cast", ["wide"], OUTPUT, to=TensorProto.FLOAT)
        return model(graph.nodes, graph.constants, len(SCENE_INPUTS), len(Scene))


def _design(rows: NDArray[np.float32]) -> Floats:
    """``f``: the inputs without hour and day, the hour as one of 24, the same at weekends, weekend."""
    hour = np.floor(rows[:, _HOUR : _HOUR + 1]) == np.arange(HOURS)
    weekend = rows[:, _DAY : _DAY + 1] >= SATURDAY
    return np.concatenate((rows / _SCALE, hour, hour & weekend, weekend), axis=1)


def _design_nodes(graph: Nodes) -> None:
    """Make ``f`` of the raw input as `fill` and `_design` do."""
    graph.node("Cast", [INPUT], "exact", to=TensorProto.DOUBLE)
    graph.node("IsNaN", ["exact"], "gone")
    graph.node("Where", ["gone", graph.scalar("fill", FILL), "exact"], "known")
    graph.node("Clip", ["known", graph.scalar("least", FILL), graph.scalar("most", MOST)], "filled")
    graph.node("Div", ["filled", graph.floats("scale", _SCALE)], "plain")
    graph.node("Gather", ["filled", graph.whole("at hour", np.array([_HOUR]))], "time", axis=1)
    graph.node("Floor", ["time"], "hour")
    graph.node("Equal", ["hour", graph.floats("hours", np.arange(HOURS, dtype=float))], "is hour")
    graph.node("Gather", ["filled", graph.whole("at day", np.array([_DAY]))], "day", axis=1)
    graph.node("GreaterOrEqual", ["day", graph.scalar("saturday", SATURDAY)], "is weekend")
    graph.node("And", ["is hour", "is weekend"], "hour of weekend")
    flags = ["is hour", "hour of weekend", "is weekend"]
    graph.node("Concat", flags, "flags", axis=1)
    graph.node("Cast", ["flags"], "numbers", to=TensorProto.DOUBLE)
    graph.node("Concat", ["plain", "numbers"], "f", axis=1)
