"""The members of the temporal expert: boosted trees and a recurrent net, both as ONNX graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models.bundle.bundle import INPUT, OUTPUT, open_session
from models.bundle.experts import flatten
from models.bundle.parity import check_parity, golden_rows
from models.temporal.graph import recurrent_graph, split
from models.temporal.moments import Moments
from models.temporal.recurrent import TOLERANCE, Recurrent, Scaling, fit, predict, tame
from models.train.fit import RECURRENT, Fitted, Trees, fit_binary

Rows = NDArray[np.float32]
Floats = NDArray[np.float64]
TREES, NET = "trees", "gru"
MOST_ROWS = 60_000
"""Neighbouring hours of a user say nearly the same: more rows cost time and teach little."""
GOLDEN_ROWS = 1_000


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
    weights = fit(scaling(told), tame(steps), moments.label[chosen], known[chosen], how, seed)
    golden = golden_rows(flatten(told[:GOLDEN_ROWS], steps[:GOLDEN_ROWS]), seed)
    flat, sequence = split(golden, len(columns), steps.shape[2])
    expected = predict(weights, scaling(flat), tame(sequence)).astype(np.float64)
    graphs = {}
    for number, target in enumerate(moments.targets):
        made = recurrent_graph(weights, scaling, steps.shape[1], number)
        parity = check_parity(target, made, lambda _: expected[:, number], golden, TOLERANCE)  # noqa: B023
        graphs[target] = Fitted(made, RECURRENT, parity)
    return Member(columns, True, graphs)


def _thinned(chosen: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(chosen)
    if len(rows) <= MOST_ROWS:
        return rows
    drawn = np.random.default_rng(seed).permutation(len(rows))[:MOST_ROWS]
    kept: NDArray[np.int64] = np.sort(rows[drawn])
    return kept
