"""Choose how much trees may learn by time-ordered cross-validation: always fit before, test after."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.bundle.bundle import INPUT, OUTPUT, open_session
from models.metrics.probabilities import log_loss
from models.train.fit import LEAST_OF_A_CLASS, Trees, fit_binary

Rows = NDArray[np.float32]
GRID = tuple(
    Trees(rounds=rounds, leaves=leaves, least_leaf=least, rate=0.06, l2=l2, share=share)
    for rounds, leaves, least, l2, share in (
        (60, 6, 200, 50.0, 0.25),
        (120, 6, 200, 50.0, 0.25),
        (60, 8, 60, 5.0, 1.0),
        (120, 15, 30, 1.0, 1.0),
        (120, 15, 100, 10.0, 0.5),
        (240, 15, 100, 10.0, 0.5),
    )
)
"""From nearly rules of thumb to much more than small logs can carry."""
FOLDS = 3


def search_trees(
    name: str,
    rows: Rows,
    label: NDArray[np.bool_],
    now_ms: NDArray[np.int64],
    horizon_ms: int,
    default: Trees,
    seed: int,
) -> Trees:
    """Return the candidate with the lowest mean log-loss over the folds, ties to the default.

    ``rows``: float32[n, columns] with ``label`` and ``now_ms`` each; labels that were still open
    when a fold begins are not learnt from. Where nothing can be told, the default.

    Raises:
        ParityError: an exported graph differs from its trainer.
    """
    candidates = (default, *GRID)
    losses = np.zeros(len(candidates))
    for before, after in time_folds(now_ms, horizon_ms):
        if min(label[before].sum(), (~label[before]).sum()) < LEAST_OF_A_CLASS:
            continue
        for number, trees in enumerate(candidates):
            fitted = fit_binary(name, rows[before], label[before], trees, seed)
            found = open_session(fitted.onnx_bytes).run([OUTPUT], {INPUT: rows[after]})[0]
            losses[number] += log_loss(found.astype(np.float64), label[after])
    return candidates[int(np.argmin(losses))]


def time_folds(
    now_ms: NDArray[np.int64], horizon_ms: int
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield (resolved before the fold, in the fold) over the later half of the moments."""
    if not len(now_ms):
        return
    cuts = np.quantile(now_ms, np.linspace(0.5, 1.0, FOLDS + 1)).astype(np.int64)
    cuts[-1] += 1
    for begin, end in pairwise(cuts.tolist()):
        before, after = now_ms + horizon_ms < begin, (now_ms >= begin) & (now_ms < end)
        if before.any() and after.any():
            yield before, after
