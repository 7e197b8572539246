"""Items that the same histories have: cosine of binary columns (Sarwar et al. 2001)."""

from __future__ import annotations

from models.items.item_table import ItemTable, scaled, table
from models.items.model import Training

LONGEST_HISTORY = 100
"""Newest items of a history that count: one history of thousands would fill the table alone."""


def fit(training: Training) -> ItemTable:
    """Return the table of cosines."""
    seen = training.histories.newest(LONGEST_HISTORY).matrix(training.items)
    return table(scaled(seen.T @ seen, training.popularity()))
