"""At which hours a device alone says something of the scene; the rules and the weights share them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def rush(hour: NDArray[Any], workday: Mask) -> Mask:
    """Many commute: workdays 7 to 10 and 16 to 20."""
    return workday & (_between(hour, 7, 10) | _between(hour, 16, 20))


def idle(hour: NDArray[Any]) -> Mask:
    """Most people are at home: 20 to 7."""
    return _between(hour, 0, 7) | _between(hour, 20, 24)


def office(hour: NDArray[Any], workday: Mask) -> Mask:
    """Office hours: workdays 9 to 18."""
    return workday & _between(hour, 9, 18)


def free(hour: NDArray[Any], workday: Mask) -> Mask:
    """Hardly anybody is in an office: 19 to 7, and the weekend."""
    return ~workday | _between(hour, 0, 7) | _between(hour, 19, 24)


def _between(hour: NDArray[Any], start: int, stop: int) -> Mask:
    inside: Mask = np.greater_equal(hour, start) & np.less(hour, stop)
    return inside
