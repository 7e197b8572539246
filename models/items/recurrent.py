"""The next item by a recurrent net: GRU4Rec (Hidasi et al. 2016) with a sampled softmax.

A baseline, in JAX: the items' vectors are input and output alike, a GRU reads the newest of a
history, and at every step the next item is told from the others of a common random sample.
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
from scipy.sparse import csr_array

from models.items.histories import Floats, Histories, Ints
from models.items.model import Training

WIDTH = 64
STEPS = 20
"""Newest items that are read."""
EPOCHS, RATE, DROPOUT = 12, 4e-3, 0.3
TOLD = 1_024
"""Next items told in a step of the descent."""
LENGTHS = (2, 4, 8, STEPS)
SAMPLED = 1_000
"""Items that each step's next one is told from."""
LONGEST = 200
_DESCENT = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())

Weights = dict[str, Any]


@dataclass(slots=True, frozen=True)
class Recurrent:
    """``weights``: of the net, as NumPy arrays."""

    weights: Weights

    def scores(self, seen: Histories) -> csr_array:
        """Return the `LONGEST` largest, as shares of the largest: exp(logit - largest)."""
        items = len(self.weights["items"]) - 1
        most = min(LONGEST, items)
        logits = np.asarray(_last(self.weights, windows(seen.newest(STEPS), items, 0)))[:, :items]
        best = np.argpartition(-logits, most - 1, axis=1)[:, :most]
        told = np.take_along_axis(logits, best, axis=1)
        shares: Floats = np.exp(told - told.max(axis=1, keepdims=True, initial=0.0))
        row = np.repeat(np.arange(len(seen)), most)
        known = (shares.ravel() > 0) & np.repeat(seen.lengths > 0, most)
        columns = (row[known], best.ravel()[known])
        return csr_array((shares.ravel()[known], columns), (len(seen), items), dtype=np.float32)


def fit(training: Training, seed: int = 0, epochs: int = EPOCHS) -> Recurrent:
    """Return the net after ``epochs`` of gradient descent. Needs the ``train`` extra (JAX).

    Same histories and seed, same weights.
    """
    read = windows(training.histories, training.items, 1)
    rng, key = np.random.default_rng(seed), jax.random.key(seed)
    weights = _start(training.items, key)
    state = _DESCENT.init(weights)
    batches = [part for _ in range(epochs) for part in _batches(read, training.items, rng)]
    rate = optax.cosine_decay_schedule(RATE, max(len(batches), 1))
    sampled = min(SAMPLED, training.items)
    for count, part in enumerate(batches):
        others = rng.choice(training.items, sampled, replace=False)
        key, drawn = jax.random.split(key)
        weights, state = _step(weights, state, part, others, drawn, rate(count))
    return Recurrent({name: np.asarray(value) for name, value in weights.items()})


def _batches(
    read: NDArray[np.int32], items: int, rng: np.random.Generator
) -> list[NDArray[np.int32]]:
    """Return the windows that tell something in batches of like length, in random order.

    Short ones are cut in front, so that little time goes into what they are filled up with.
    """
    steps = (read < items).sum(axis=1) - 1
    found, shorter = [], 0
    for most in LENGTHS:
        rows = rng.permutation(np.flatnonzero((steps > shorter) & (steps <= most)))
        size = TOLD // most
        drawn = (np.resize(rows[first:], size) for first in range(0, len(rows), size))
        found += [read[each, -most - 1 :] for each in drawn]
        shorter = most
    return [found[place] for place in rng.permutation(len(found))]


def windows(histories: Histories, items: int, shared: int) -> NDArray[np.int32]:
    """Return int32[windows, `STEPS` + shared], filled up with ``items`` in front.

    Histories are cut from their end; neighbouring windows share ``shared`` items.
    """
    cuts = np.maximum(-(-(histories.lengths - shared) // STEPS), 1 - shared)
    row = np.repeat(np.arange(len(histories)), cuts)
    back = np.arange(len(row)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    stop: Ints = histories.starts[1:][row] - back * STEPS
    index = stop[:, None] + np.arange(-STEPS - shared, 0)
    inside = index >= histories.starts[:-1][row][:, None]
    found = np.append(histories.item, items)[np.where(inside, index, len(histories.item))]
    return found.astype(np.int32)


def _start(items: int, key: Any) -> Weights:
    """Return first weights; the last row of ``items`` stands for nothing."""
    names = {"read": (WIDTH, 3 * WIDTH), "kept": (WIDTH, 3 * WIDTH), "items": (items + 1, WIDTH)}
    keys = dict(zip(names, jax.random.split(key, len(names)), strict=True))
    drawn = {name: jax.random.normal(keys[name], shape) for name, shape in names.items()}
    return {name: value * WIDTH**-0.5 for name, value in drawn.items()} | {
        "gates": jnp.zeros(3 * WIDTH),
        "often": jnp.zeros(items + 1),
    }


def _states(weights: Weights, vectors: Any) -> Any:
    """Run the GRU: float[windows, steps, width] to the state after each step."""
    given = vectors @ weights["read"] + weights["gates"]

    def step(state: Any, now: Any) -> tuple[Any, Any]:
        before = state @ weights["kept"]
        gate = jax.nn.sigmoid(now[:, : 2 * WIDTH] + before[:, : 2 * WIDTH])
        keep, reset = gate[:, :WIDTH], gate[:, WIDTH:]
        fresh = jnp.tanh(now[:, 2 * WIDTH :] + reset * before[:, 2 * WIDTH :])
        state = keep * state + (1 - keep) * fresh
        return state, state

    first = jnp.zeros((len(vectors), WIDTH))
    return jax.lax.scan(step, first, given.swapaxes(0, 1))[1].swapaxes(0, 1)


@partial(jax.jit)
def _last(weights: Weights, read: Any) -> Any:
    states = _states(
        weights, weights["items"][read] * (read < len(weights["items"]) - 1)[..., None]
    )
    return states[:, -1] @ weights["items"].T * WIDTH**0.5 + weights["often"]


@partial(jax.jit, donate_argnums=(0, 1))
def _step(weights: Weights, state: Any, read: Any, others: Any, key: Any, rate: Any) -> Any:
    gradient = jax.grad(_loss)(weights, read, others, key)
    change, state = _DESCENT.update(gradient, state, weights)
    return {name: w - rate * change[name] for name, w in weights.items()}, state


def _loss(weights: Weights, read: Any, others: Any, key: Any) -> Any:
    """Mean log-loss of the next item among itself and the ``others``."""
    nothing = len(weights["items"]) - 1
    given, wanted = read[:, :-1], read[:, 1:]
    vectors = weights["items"][given] * (given < nothing)[..., None]
    vectors *= jax.random.bernoulli(key, 1 - DROPOUT, vectors.shape) / (1 - DROPOUT)
    states = _states(weights, vectors) * WIDTH**0.5
    right = (states * weights["items"][wanted]).sum(-1) + weights["often"][wanted]
    wrong = states @ weights["items"][others].T + weights["often"][others]
    wrong = jnp.where(others == wanted[..., None], -jnp.inf, wrong)
    every = jnp.logaddexp(right, jax.nn.logsumexp(wrong, axis=-1))
    told = (given < nothing) & (wanted < nothing)
    return jnp.where(told, every - right, 0.0).sum() / jnp.maximum(told.sum(), 1)
