"""A GRU over the user's newest events beside their feature row; one output a target.

Written in JAX for training only: the graph that serves is built from the weights (`graph.py`).
Many targets share the body, so rare ones learn from frequent ones (Caruana 1997).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Weights = dict[str, Any]
BOUND = 4.0
"""Standardised features are cut off here: nothing a producer sends can drive the net further."""
STEP_BOUND = 20.0
"""The same for the channels of a step; natural logs of hours stay far below."""
TINY = 1e-6
TOLERANCE = 1e-5
"""Of the parity gate: JAX and ONNX Runtime add in other orders (so does JAX on another processor),
and a float32's last bit is fed back at every step; trees have no such feedback and get 1e-6."""


@dataclass(slots=True, frozen=True)
class Recurrent:
    """How large the net is and how it learns."""

    state: int = 24
    hidden: int = 16
    epochs: int = 2
    batch: int = 512
    rate: float = 4e-3
    l2: float = 1e-3
    dropout: float = 0.2


@dataclass(slots=True, frozen=True)
class Scaling:
    """How a feature row becomes the net's input: fill NaN, signed log, standardise, cut off."""

    fill: Rows
    mean: Rows
    scale: Rows

    @classmethod
    def of(cls, rows: Rows) -> Scaling:
        """Fit to rows; not known reads as the largest value seen (never = very long ago)."""
        known = np.where(np.isnan(rows), -np.inf, rows).max(axis=0)
        fill = np.where(np.isfinite(known), known, 0).astype(np.float32)
        logs = _signed_log(np.where(np.isnan(rows), fill, rows))
        scale = logs.std(axis=0, dtype=np.float64)
        mean = logs.mean(axis=0, dtype=np.float64).astype(np.float32)
        return cls(fill, mean, np.where(scale > TINY, scale, 1).astype(np.float32))

    def __call__(self, rows: Rows) -> Rows:
        """Return the input: float32 of the rows' shape in ``[-BOUND, BOUND]``."""
        logs = _signed_log(np.where(np.isnan(rows), self.fill, rows))
        scaled: Rows = np.clip((logs - self.mean) / self.scale, -BOUND, BOUND)
        return scaled


def _signed_log(rows: Rows) -> Rows:
    logs: Rows = np.sign(rows) * np.log(np.float32(1) + np.abs(rows))
    return logs


def tame(steps: Rows) -> Rows:
    """Return the steps without NaN and within ``STEP_BOUND``."""
    return np.clip(np.where(np.isnan(steps), np.float32(0), steps), -STEP_BOUND, STEP_BOUND)


def fit(
    flat: Rows, steps: Rows, label: NDArray[np.bool_], known: NDArray[np.bool_],
    how: Recurrent, seed: int,
) -> Weights:  # fmt: skip
    """Return the weights after gradient descent on the mean log-loss over the targets.

    ``flat``: scaled features [n, columns]; ``steps``: [n, steps, channels]; ``label``, ``known``:
    [n, targets], a label that is not resolved yet is not read. Same input and seed, same weights.
    """
    weights = _start(flat.shape[1], steps.shape[2], label, known, how, seed)
    batches = max(len(flat) // how.batch, 1)
    rate = optax.cosine_decay_schedule(how.rate, how.epochs * batches)
    state = _DESCENT.init(weights)
    rng, key = np.random.default_rng(seed), jax.random.key(seed)
    count = 0
    for _ in range(how.epochs):
        order = rng.permutation(len(flat))
        for part in np.array_split(order[: batches * how.batch], batches):
            key, drawn = jax.random.split(key)
            batch = (flat[part], steps[part], label[part], known[part])
            weights, state = _step(weights, state, batch, drawn, rate(count), how)
            count += 1
    return {name: np.asarray(value) for name, value in weights.items()}


_DESCENT = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())
"""Adam (Kingma and Ba 2015) without its rate: that is an argument, so a step is compiled once."""


@partial(jax.jit, static_argnames="how")
def _step(weights: Weights, state: Any, batch: Any, key: Any, rate: Any, how: Recurrent) -> Any:
    gradient = jax.grad(_loss)(weights, *batch, how, key)
    change, state = _DESCENT.update(gradient, state, weights)
    return {name: w - rate * change[name] for name, w in weights.items()}, state


def predict(weights: Weights, flat: Rows, steps: Rows, rows_at_once: int = 8_192) -> Rows:
    """Return the probability of every target: float32[n, targets]."""
    parts = [
        np.asarray(
            _probability(weights, flat[at : at + rows_at_once], steps[at : at + rows_at_once])
        )
        for at in range(0, len(flat), rows_at_once)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, len(weights["head_b"])), np.float32)


@partial(jax.jit)
def _probability(weights: Weights, flat: Any, steps: Any) -> Any:
    return jax.nn.sigmoid(_logits(weights, flat, steps))


def _start(
    columns: int, channels: int, label: NDArray[np.bool_], known: NDArray[np.bool_],
    how: Recurrent, seed: int,
) -> Weights:  # fmt: skip
    rng = np.random.default_rng(seed)
    bound = 1 / np.sqrt(how.state)

    def uniform(*shape: int) -> Rows:
        return rng.uniform(-bound, bound, shape).astype(np.float32)

    rate = ((label & known).sum(axis=0) + 1) / (known.sum(axis=0) + 2)
    targets = label.shape[1]
    return {
        "gru_x": uniform(channels, 3 * how.state),
        "gru_h": uniform(how.state, 3 * how.state),
        "gru_bx": np.zeros(3 * how.state, np.float32),
        "gru_bh": np.zeros(3 * how.state, np.float32),
        "hidden_w": (rng.normal(size=(columns, how.hidden)) / np.sqrt(columns)).astype(np.float32),
        "hidden_b": np.zeros(how.hidden, np.float32),
        "wide": np.zeros((columns, targets), np.float32),
        "head_w": (rng.normal(size=(how.state + how.hidden, targets)) * 0.1).astype(np.float32),
        "head_b": np.log(rate / (1 - rate)).astype(np.float32),
    }


def _loss(
    weights: Weights, flat: Any, steps: Any, label: Any, known: Any, how: Recurrent, key: Any
) -> Any:
    logits = _logits(weights, flat, steps, key, how.dropout)
    loss = optax.sigmoid_binary_cross_entropy(logits, label.astype(jnp.float32))
    fit = (loss * known).sum() / jnp.maximum(known.sum(), 1)
    size = sum(
        (w**2).sum() for name, w in weights.items() if not name.endswith(("_b", "_bx", "_bh"))
    )
    return fit + how.l2 * size


def _logits(weights: Weights, flat: Any, steps: Any, key: Any = None, dropout: float = 0.0) -> Any:
    hidden = jnp.tanh(flat @ weights["hidden_w"] + weights["hidden_b"])
    both = jnp.concatenate([_gru(weights, steps), hidden], axis=1)
    if key is not None:
        both = both * jax.random.bernoulli(key, 1 - dropout, both.shape) / (1 - dropout)
    return both @ weights["head_w"] + flat @ weights["wide"] + weights["head_b"]


def _gru(weights: Weights, steps: Any) -> Any:
    """The last state of a GRU (Cho et al. 2014), reset after the product as in ONNX and cuDNN."""
    size = weights["gru_h"].shape[0]

    def step(state: Any, seen: Any) -> Any:
        x = seen @ weights["gru_x"] + weights["gru_bx"]
        h = state @ weights["gru_h"] + weights["gru_bh"]
        z = jax.nn.sigmoid(x[:, :size] + h[:, :size])
        r = jax.nn.sigmoid(x[:, size : 2 * size] + h[:, size : 2 * size])
        fresh = jnp.tanh(x[:, 2 * size :] + r * h[:, 2 * size :])
        return (1 - z) * fresh + z * state, None

    state, _ = jax.lax.scan(step, jnp.zeros((steps.shape[0], size)), steps.transpose(1, 0, 2))
    return state
