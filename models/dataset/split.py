"""Blocks of time whose labels are known before the next block begins."""

from __future__ import annotations

import numpy as np

from models.dataset.dataset import Dataset


def split_by_time(
    dataset: Dataset, shares: tuple[float, float] = (0.6, 0.2)
) -> tuple[Dataset, Dataset, Dataset]:
    """Return (train, calibration, test): shares of the decisions, the rest is the test.

    Decisions whose label was still open when the next block began are in no block.
    """
    now_ms = np.sort(dataset.now_ms)
    if not len(now_ms):
        return dataset, dataset, dataset
    last = len(now_ms) - 1
    first_cut = int(now_ms[min(last, int(shares[0] * len(now_ms)))])
    second_cut = int(now_ms[min(last, int(sum(shares) * len(now_ms)))])
    resolved_ms = dataset.now_ms + dataset.horizon_ms
    return (
        dataset.take(resolved_ms < first_cut),
        dataset.take((dataset.now_ms >= first_cut) & (resolved_ms < second_cut)),
        dataset.take(dataset.now_ms >= second_cut),
    )
