"""Who is to blame when something raises, and how it is named without quoting a value."""

from __future__ import annotations

import hashlib
import traceback
from pathlib import Path

NEVER_THE_INPUT = (MemoryError, OSError)
"""No input is at fault: memory or disk ran short, and the same input passes later."""
OURS = ("streams", "models", "schemas")
HASH_CHARACTERS = 12


def may_be_the_input(error: BaseException) -> bool:
    """Whether ``error`` may be the fault of what was read.

    A panic of Rust code is a BaseException of pyo3's, and may be as well.
    """
    if isinstance(error, NEVER_THE_INPUT):
        return False
    return isinstance(error, Exception) or type(error).__module__ == "pyo3_runtime"


def blamed(error: BaseException) -> str:
    """Return how to name an error of what was read (`named`).

    Raises:
        BaseException: the error itself, where no input is at fault.
    """
    if not may_be_the_input(error):
        raise error
    return named(error)


def named(error: BaseException) -> str:
    """Return type, place and a hash of the traceback; the message may quote a value and is left out.

    The hash is of the place and what it called, not of what called it: a batch that is split otherwise
    comes to the same place another way, and says the same.
    """
    frames = traceback.extract_tb(error.__traceback__)
    steps = [f"{_module(frame.filename)}:{frame.name}" for frame in frames]
    ours = [number for number, step in enumerate(steps) if step.startswith(OURS)]
    place = ours[-1] if ours else 0
    told = zip(steps[place:], frames[place:], strict=True)
    lines = "\n".join(f"{step}:{frame.lineno}" for step, frame in told)
    mark = hashlib.sha256(lines.encode()).hexdigest()[:HASH_CHARACTERS]
    return f"{type(error).__name__} in {steps[place] if ours else 'a library'} (traceback {mark})"


def _module(filename: str) -> str:
    """The path from the package on: the machine's folders say nothing."""
    parts = Path(filename).with_suffix("").parts
    packages = [n for n, part in enumerate(parts) if part in OURS]
    return ".".join(parts[packages[-1] :]) if packages else parts[-1]
