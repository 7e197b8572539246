"""How fast the machine is just now: two fixed pieces of work, timed.

The machine of the benchmarks is shared, and its speed changes by half within minutes; so each section
of `RESULTS.md` says what these took right after its runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

ADDITIONS, NUMBERS, TIMES = 2_000_000, 4_000_000, 3
SPEED = {"python_loop_ms", "numpy_sort_ms"}


def machine_speed(clock_s: Callable[[], float] = time.process_time) -> dict[str, float]:
    """CPU milliseconds, best of three, of a Python loop and of a NumPy sort; less is faster."""
    numbers = np.random.default_rng(0).random(NUMBERS)
    return {
        "python_loop_ms": _best_ms(_loop, clock_s),
        "numpy_sort_ms": _best_ms(lambda: np.sort(numbers), clock_s),
    }


def told(speed: Mapping[str, Any]) -> str:
    """The same as a sentence."""
    return (
        f"A fixed Python loop of {ADDITIONS:,} additions took {speed['python_loop_ms']:.0f} ms then, "
        f"a sort of {NUMBERS:,} numbers {speed['numpy_sort_ms']:.0f} ms."
    )


def _loop() -> int:
    total = 0
    for number in range(ADDITIONS):
        total += number
    return total


def _best_ms(work: Callable[[], object], clock_s: Callable[[], float]) -> float:
    took_s = []
    for _ in range(TIMES):
        began_s = clock_s()
        work()
        took_s.append(clock_s() - began_s)
    return round(1e3 * min(took_s), 2)
