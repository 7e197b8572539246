"""Packed columns of a message as the rows of an array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def rows_of(message: object, columns: Mapping[str, str], row: np.dtype[Any]) -> NDArray[Any]:
    """Return a message's columns (attribute: little-endian kind) as rows; other fields are 0.

    Raises:
        ValueError: columns of different lengths, or of broken numbers.
    """
    found = {name: np.frombuffer(getattr(message, name), kind) for name, kind in columns.items()}
    lengths = {len(column) for column in found.values()}
    if len(lengths) != 1:
        kind = type(message).__name__.lower()
        raise ValueError(f"columns of {kind} have different lengths: {sorted(lengths)}")
    rows = np.zeros(lengths.pop(), row)
    for name, column in found.items():
        rows[name] = column
    return rows
