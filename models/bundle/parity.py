"""The parity gate: on golden rows ONNX equals the trainer, or there is no bundle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.bundle.bundle import INPUT, OUTPUT, open_session
from models.bundle.manifest import Parity

TOLERANCE = 1e-6
REAL_ROWS = 1_000
Rows = NDArray[np.float32]


class ParityError(ValueError):
    """An exported graph does not compute what was trained."""


def golden_rows(real: Rows, seed: int) -> Rows:
    """Return rows to compare on: real ones, and made-up ones with NaN, 0, integers, extremes."""
    rng = np.random.default_rng(seed)
    width = real.shape[1]
    sample = real[rng.permutation(len(real))[:REAL_ROWS]]
    base = sample if len(sample) else np.zeros((64, width), np.float32)
    holes = np.where(rng.random(base.shape) < 0.3, np.float32(np.nan), base)
    towards = np.where(rng.random(base.shape) < 0.5, -np.inf, np.inf).astype(np.float32)
    neighbours = np.nextafter(base, towards)
    mixed = np.stack([rng.permutation(base[:, i]) for i in range(width)], axis=1)
    extreme = np.array([np.nan, 0.0, -0.0, 1.0, -1.0, 1e-38, 1e9, -1e9, 3.4e38, -3.4e38])
    flat = np.repeat(extreme[:, None], width, axis=1)
    drawn = rng.choice(extreme, (128, width))
    whole = rng.integers(-3, 50, (256, width))
    parts = (sample, holes, neighbours, mixed, flat, drawn, whole)
    return np.concatenate([part.astype(np.float32) for part in parts])


def check_parity(
    name: str,
    onnx_bytes: bytes,
    predict: Callable[[Rows], NDArray[np.float64]],
    golden: Rows,
    tolerance: float = TOLERANCE,
) -> Parity:
    """Compare the graph with the trainer's ``predict`` on every golden row.

    Raises:
        ParityError: one row differs by more than ``tolerance``, or is not a number.
    """
    found = open_session(onnx_bytes).run([OUTPUT], {INPUT: golden})[0]
    expected = predict(golden)
    if found.shape != expected.shape:
        raise ParityError(f"{name}: the graph gives {found.shape}, the trainer {expected.shape}")
    off = np.abs(found.astype(np.float64) - expected).reshape(len(golden), -1)
    off = np.where(np.isnan(off), np.inf, off).max(axis=1)
    wrong = int((off > tolerance).sum())
    if wrong:
        raise ParityError(
            f"{name}: {wrong} of {len(golden)} golden rows differ by more than {tolerance:g}, "
            f"the worst by {off.max():g}"
        )
    return Parity(rows=len(golden), max_abs_diff=float(off.max()), tolerance=tolerance)
