"""The members of the temporal expert: trees, a recurrent net and a line, all as ONNX graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models.bundle.bundle import INPUT, OUTPUT, open_session
from models.bundle.experts import flatten
from models.bundle.odds import sigmoid
from models.bundle.parity import check_parity, golden_rows
from models.train.calibrate import level_shift
from models.train.fit import RECURRENT, Fitted, Trees, fit_binary
from models.train.temporal.graph import linear_graph, recurrent_graph, split
from models.train.temporal.moments import Moments
from models.train.temporal.recurrent import TOLERANCE, Recurrent, Scaling, fit, predict, tame

Rows = NDArray[np.float32]
Floats = NDArray[np.float64]
TREES, NET, LINE = "trees", "gru", "linear"
MOST_ROWS = 60_000
"""Neighbouring hours of a user say nearly the same: more rows cost time and teach little."""
GOLDEN_ROWS = 1_000
LINE_L2 = 1 / 30
"""Of the line's weights, against the mean log-loss. From 1/3 to 1/30 the loss on later days of
Taobao's training time is the same to .0015, with 1/300 it is .003 higher."""


@dataclass(slots=True)
class Member:
    """One kind of model for every target: ``graphs`` by target, each through the parity gate."""

    columns: tuple[str, ...]
    recurrent: bool
    graphs: dict[str, Fitted]
    _sessions: dict[str, Any] = field(default_factory=dict)

    def score(self, moments: Moments) -> Floats:
        """Return the graphs' probabilities: float64[n, targets of the graphs]."""
        rows = moments.view(self.columns)
        if self.recurrent:
            rows = flatten(rows, moments.steps)
        return np.stack([self._run(target, rows) for target in self.graphs], axis=1)

    def _run(self, target: str, rows: Rows) -> Floats:
        if target not in self._sessions:
            self._sessions[target] = open_session(self.graphs[target].onnx_bytes)
        found: Rows = self._sessions[target].run([OUTPUT], {INPUT: rows})[0]
        return found.astype(np.float64)


def fit_trees(moments: Moments, until: int, how: Sequence[Trees], seed: int) -> Member:
    """Fit boosted trees per target (``how``, one each) on labels known at hour ``until``.

    Raises:
        ParityError: a graph differs from its trainer.
    """
    columns, known = moments.columns(), moments.resolved(until)
    rows = moments.view(columns)
    graphs = {}
    with threadpool_limits(1):
        for number, target in enumerate(moments.targets):
            chosen = _thinned(known[:, number], seed)
            label = moments.label[chosen, number]
            graphs[target] = fit_binary(target, rows[chosen], label, how[number], seed)
    return Member(columns, False, graphs)


def fit_net(moments: Moments, until: int, how: Recurrent, seed: int) -> Member:
    """Fit one recurrent net for all targets on labels known at hour ``until``; a graph each.

    Raises:
        ParityError: a graph differs from its trainer.
    """
    columns, known = moments.columns(), moments.resolved(until)
    chosen = _thinned(np.asarray(known.any(axis=1)), seed)
    told, steps = moments.view(columns)[chosen], moments.steps[chosen]
    scaling = Scaling.of(told)
    seen = scaling(told), tame(steps)
    weights = fit(*seen, moments.label[chosen], known[chosen], how, seed)
    shifts = _shifts(predict(weights, *seen), moments.label[chosen], known[chosen])
    weights |= {"head_b": weights["head_b"] + shifts}
    golden = golden_rows(flatten(told[:GOLDEN_ROWS], steps[:GOLDEN_ROWS]), seed)
    flat, sequence = split(golden, len(columns), steps.shape[2])
    expected = predict(weights, scaling(flat), tame(sequence)).astype(np.float64)
    graphs = {}
    for number, target in enumerate(moments.targets):
        made = recurrent_graph(weights, scaling, steps.shape[1], number)
        parity = check_parity(target, made, lambda _: expected[:, number], golden, TOLERANCE)  # noqa: B023
        graphs[target] = Fitted(made, RECURRENT, parity)
    return Member(columns, True, graphs)


def _shifts(said: Rows, label: NDArray[np.bool_], known: NDArray[np.bool_]) -> Rows:
    """What puts the net's level right on what it learned from, per target, in log-odds.

    Trees and a line are right there by how they are fitted; a net whose descent was stopped is not
    (on Taobao it said .003 more than the .09 that happened).
    """
    shifts = [
        level_shift(said[rows, number].astype(np.float64), label[rows, number])
        for number, rows in enumerate(known.T)
    ]
    return np.array(shifts, np.float32)


def fit_line(moments: Moments, until: int, seed: int) -> Member:
    """Fit a logistic regression per target, on columns scaled as the net's (`Scaling`).

    Raises:
        ParityError: a graph differs from its trainer.
    """
    columns, known = moments.columns(), moments.resolved(until)
    told = moments.view(columns)
    scaling = Scaling.of(told)
    golden, scaled = golden_rows(told[:GOLDEN_ROWS], seed), scaling(told)
    graphs = {}
    for number, target in enumerate(moments.targets):
        chosen = _thinned(known[:, number], seed)
        weights, bias = _line(scaled[chosen], moments.label[chosen, number])
        made = linear_graph(weights, bias, scaling)

        def predict(rows: Rows, weights: Rows = weights, bias: float = bias) -> Floats:
            return sigmoid(scaling(rows).astype(np.float64) @ weights + bias)

        parity = check_parity(target, made, predict, golden, TOLERANCE)
        graphs[target] = Fitted(made, LINE, parity)
    return Member(columns, False, graphs)


def _line(rows: Rows, label: NDArray[np.bool_]) -> tuple[Rows, float]:
    """Weights and bias; with one class only, the rate that was seen."""
    if label.all() or not label.any():
        rate = (label.sum() + 0.5) / (len(label) + 1.0)
        return np.zeros(rows.shape[1], np.float32), float(np.log(rate / (1 - rate)))
    with threadpool_limits(1):
        line = LogisticRegression(C=1 / (LINE_L2 * len(label)), max_iter=1_000).fit(rows, label)
    return line.coef_[0].astype(np.float32), float(line.intercept_[0])


def _thinned(chosen: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(chosen)
    if len(rows) <= MOST_ROWS:
        return rows
    drawn = np.random.default_rng(seed).permutation(len(rows))[:MOST_ROWS]
    kept: NDArray[np.int64] = np.sort(rows[drawn])
    return kept
