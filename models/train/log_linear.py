"""Log-linear scene models: what a word says of the scene is the same at any hour.

``log P(scene) = b + w . f`` up to a sum to 1. ``f`` says of each word whether it was told and of each field
whether nothing was, which local hour it is, and which at a weekend; then the user's shares of scenes and
minutes in the app. Where the fields of a situation are told independently of each other this is the exact
posterior. Logistic regression finds ``w`` by what tells scenes apart, naive Bayes by counting, which needs
far fewer told scenes but believes in the independence and leaves shares and minutes out.
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
Ints = NDArray[np.int64]
HOURS = 24
SATURDAY = 5
NEVER = -1e30
"""Log-odds of a scene nobody told: its probability is 0."""
UNSEEN = 1.0
"""Moments that naive Bayes counts beforehand for each scene and field, spread evenly."""
FIELDS = tuple(
    [i for i, name in enumerate(SCENE_INPUTS) if name.startswith(field)]
    for field in ("device_", "network_", "place_")
)
_WORDS = np.array([column for field in FIELDS for column in field])
_HOUR, _DAY = SCENE_INPUTS.index("local_hour"), SCENE_INPUTS.index("weekday")
_SCALE = np.array([MOST if name == "app_minutes_1h" else 1.0 for name in SCENE_INPUTS])
_SCALE[[*_WORDS, _HOUR, _DAY]] = np.inf
_TOLD = len(SCENE_INPUTS)
_SILENT = _TOLD + len(_WORDS)
_AT_HOUR = _SILENT + len(_WORDS)
_WIDTH = _AT_HOUR + 2 * HOURS
"""Where in ``f`` the words begin, the silences, and the hours: of any day, then of a weekend."""


class LogLinear:
    """Fitted on filled rows (`models.train.export.fill`) of `SCENE_INPUTS`, as scikit-learn's models are."""

    def __init__(self, strength: float) -> None:
        """``strength``: inverse penalty of the logistic regression."""
        self._strength = strength
        self.classes_ = np.zeros(0, np.int64)

    def fit(self, rows: NDArray[np.float32], label: Ints) -> Self:
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
        weights, bias = np.zeros((len(Scene), _WIDTH)), np.full(len(Scene), NEVER)
        weights[self.classes_], bias[self.classes_] = self._weights, self._bias
        graph = Nodes()
        _design_nodes(graph)
        parts = [graph.weighted("f", scene.name, weights[scene]) for scene in Scene]
        graph.node("Concat", parts, "sums", axis=1)
        graph.node("Add", ["sums", graph.floats("bias", bias)], "odds")
        graph.node("Softmax", ["odds"], "wide", axis=1)
        graph.node("Cast", ["wide"], OUTPUT, to=TensorProto.FLOAT)
        return model(graph.nodes, graph.constants, len(SCENE_INPUTS), len(Scene))


class NaiveBayes(LogLinear):
    """The same model by counting: P(scene) times P(what is told of each field | scene)."""

    def __init__(self) -> None:
        super().__init__(strength=np.nan)

    def fit(self, rows: NDArray[np.float32], label: Ints) -> Self:
        """Fit on rows of at least two scenes."""
        self.classes_, scene = np.unique(label, return_inverse=True)
        scenes, f = len(self.classes_), _design(rows)
        self._bias = np.log(np.bincount(scene) / len(scene))
        self._weights = np.zeros((scenes, _WIDTH))
        for field in FIELDS:
            words = _TOLD + np.flatnonzero(np.isin(_WORDS, field))
            silent = words[:1] + len(_WORDS)
            places = np.concatenate((words, silent))
            # The last value of a field is a word that has no column of its own.
            value = np.where(f[:, places].any(axis=1), f[:, places].argmax(axis=1), len(places))
            log_p = _log_shares(value, len(places) + 1, scene, scenes)
            self._weights[:, places] = log_p[:, :-1] - log_p[:, -1:]
            self._bias = self._bias + log_p[:, -1]
        hours = f[:, _AT_HOUR : _AT_HOUR + HOURS].argmax(axis=1)
        weekend = f[:, _AT_HOUR + HOURS :].any(axis=1)
        log_p = _log_shares(hours + HOURS * weekend, 2 * HOURS, scene, scenes)
        workday, free = log_p[:, :HOURS], log_p[:, HOURS:]
        self._weights[:, _AT_HOUR:] = np.concatenate((workday, free - workday), axis=1)
        return self


class Averaged(LogLinear):
    """The mean of a logistic regression's log-odds and naive Bayes': each steadies the other."""

    def fit(self, rows: NDArray[np.float32], label: Ints) -> Self:
        """Fit on rows of at least two scenes."""
        told, counted = LogLinear(self._strength).fit(rows, label), NaiveBayes().fit(rows, label)
        self.classes_ = told.classes_
        self._weights = (told._weights + counted._weights) / 2
        self._bias = (told._bias + counted._bias) / 2
        return self


def _log_shares(value: Ints, values: int, scene: Ints, scenes: int) -> Floats:
    """Return log P(value | scene): float64[scenes, values]."""
    count = np.full((scenes, values), UNSEEN / values)
    np.add.at(count, (scene, value), 1.0)
    shares: Floats = np.log(count / count.sum(axis=1, keepdims=True))
    return shares


def _design(rows: NDArray[np.float32]) -> Floats:
    """``f``: numbers, told words, silences, the hour as one of 24, and once more at a weekend."""
    hour = np.floor(rows[:, _HOUR : _HOUR + 1]) == np.arange(HOURS)
    weekend = rows[:, _DAY : _DAY + 1] >= SATURDAY
    words = rows[:, _WORDS]
    return np.concatenate((rows / _SCALE, words == 1, words < 0, hour, hour & weekend), axis=1)


def _design_nodes(graph: Nodes) -> None:
    """Make ``f`` of the raw input as `fill` and `_design` do."""
    graph.node("Cast", [INPUT], "exact", to=TensorProto.DOUBLE)
    graph.node("IsNaN", ["exact"], "gone")
    graph.node("Where", ["gone", graph.scalar("fill", FILL), "exact"], "known")
    graph.node("Clip", ["known", graph.scalar("least", FILL), graph.scalar("most", MOST)], "filled")
    graph.node("Div", ["filled", graph.floats("scale", _SCALE)], "numbers")
    for name, places in (("words", _WORDS), ("time", [_HOUR]), ("day", [_DAY])):
        graph.node("Gather", ["filled", graph.whole(f"at {name}", np.array(places))], name, axis=1)
    graph.node("Equal", ["words", graph.scalar("one", 1.0)], "told")
    graph.node("Less", ["words", graph.scalar("zero", 0.0)], "silent")
    graph.node("Floor", ["time"], "hour")
    graph.node("Equal", ["hour", graph.floats("hours", np.arange(HOURS, dtype=float))], "is hour")
    graph.node("GreaterOrEqual", ["day", graph.scalar("saturday", SATURDAY)], "is weekend")
    graph.node("And", ["is hour", "is weekend"], "hour of weekend")
    graph.node("Concat", ["told", "silent", "is hour", "hour of weekend"], "flags", axis=1)
    graph.node("Cast", ["flags"], "as numbers", to=TensorProto.DOUBLE)
    graph.node("Concat", ["numbers", "as numbers"], "f", axis=1)
