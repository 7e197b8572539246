"""The net learns, stays the same for a seed, and its ONNX graph says what it says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from models.bundle.bundle import INPUT, OUTPUT, open_session
from models.bundle.experts import flatten
from models.bundle.parity import ParityError, check_parity, golden_rows
from models.train.temporal.graph import recurrent_graph, split
from models.train.temporal.recurrent import TOLERANCE, Recurrent, Scaling, fit, predict, tame

pytestmark = pytest.mark.slow  # JAX compiles for seconds

COLUMNS, STEPS, CHANNELS = 5, 6, 3
HOW = Recurrent(state=8, hidden=4, epochs=12, batch=100, rate=0.02, dropout=0.0)


def made_up(seed: int, count: int = 3_000):
    """The first target follows a column, the second the order of the steps."""
    rng = np.random.default_rng(seed)
    flat = rng.normal(size=(count, COLUMNS)).astype(np.float32)
    flat[rng.random(flat.shape) < 0.1] = np.nan
    steps = rng.normal(size=(count, STEPS, CHANNELS)).astype(np.float32)
    rises = steps[:, -1, 0] > steps[:, 0, 0]
    label = np.stack([np.nan_to_num(flat[:, 0]) > 0, rises], axis=1)
    return flat, steps, label


@cache
def fitted(again: int = 0):
    """The scaling and the weights; ``again``: train once more."""
    flat, steps, label = made_up(1)
    scaling = Scaling.of(flat)
    return scaling, fit(scaling(flat), steps, label, np.ones_like(label), HOW, 0)


def test_it_learns_from_columns_and_from_the_order_of_steps() -> None:
    scaling, weights = fitted()
    flat, steps, label = made_up(2)
    found = predict(weights, scaling(flat), steps) > 0.5
    assert (found == label).mean(axis=0).min() > 0.85


def test_the_same_seed_gives_the_same_weights() -> None:
    one, other = fitted()[1], fitted(again=1)[1]
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_labels_that_are_not_resolved_are_not_read() -> None:
    flat, steps, label = made_up(1)
    known = np.ones_like(label)
    known[::3, 1] = False
    scaling = Scaling.of(flat)
    other = label ^ ~known
    short = replace(HOW, epochs=1)
    one, two = (fit(scaling(flat), steps, each, known, short, 0) for each in (label, other))
    assert one["head_w"].tobytes() == two["head_w"].tobytes()


@pytest.mark.parametrize("target", [0, 1])
def test_the_graph_says_what_the_net_says_on_golden_rows(target: int) -> None:
    scaling, weights = fitted()
    flat, steps, _ = made_up(2)
    golden = golden_rows(flatten(flat, steps), 0)

    def trainer(rows):
        told, sequence = split(rows, COLUMNS, CHANNELS)
        return predict(weights, scaling(told), tame(sequence))[:, target].astype(np.float64)

    made = recurrent_graph(weights, scaling, STEPS, target)
    assert check_parity("gru", made, trainer, golden, TOLERANCE).max_abs_diff <= TOLERANCE
    other = recurrent_graph(weights, scaling, STEPS, 1 - target)
    with pytest.raises(ParityError):
        check_parity("gru", other, trainer, golden, TOLERANCE)


def test_extremes_and_nothing_known_are_probabilities() -> None:
    scaling, weights = fitted()
    width = COLUMNS + STEPS * CHANNELS
    rows = np.array([[value] * width for value in (np.nan, 3.4e38, -3.4e38, 0)], np.float32)
    session = open_session(recurrent_graph(weights, scaling, STEPS, 0))
    found = session.run([OUTPUT], {INPUT: rows})[0]
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_a_column_that_nobody_ever_told_is_no_column() -> None:
    flat, _, _ = made_up(3)
    flat[:, 2] = np.nan
    assert np.isfinite(Scaling.of(flat)(flat)).all()
