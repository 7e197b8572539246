"""Whose fault an exception is, and how it is told without telling a value."""

from __future__ import annotations

import hashlib
import traceback
from pathlib import Path

ENVIRONMENT = (MemoryError, OSError)
"""Never the fault of a record."""
OURS = ("streams", "models", "schemas")
HASH_CHARACTERS = 12


def is_containable(error: BaseException) -> bool:
    """Whether ``error`` may be a record's fault.

    A panic of Rust code (RocksDB's or the tokeniser's binding) is a BaseException of pyo3's.
    """
    if isinstance(error, ENVIRONMENT):
        return False
    return isinstance(error, Exception) or type(error).__module__ == "pyo3_runtime"


def described(error: BaseException) -> str:
    """Return place, type and a hash of the traceback: the message could quote a value."""
    frames = traceback.extract_tb(error.__traceback__)
    steps = [f"{_module(frame.filename)}:{frame.name}" for frame in frames]
    ours = [step for step in steps if step.startswith(OURS)]
    lines = "\n".join(f"{s}:{f.lineno}" for s, f in zip(steps, frames, strict=True))
    mark = hashlib.sha256(lines.encode()).hexdigest()[:HASH_CHARACTERS]
    return f"{type(error).__name__} in {ours[-1] if ours else 'a library'} (traceback {mark})"


def _module(filename: str) -> str:
    """The path from the package on: the machine's folders say nothing."""
    parts = Path(filename).with_suffix("").parts
    packages = [n for n, part in enumerate(parts) if part in OURS]
    return ".".join(parts[packages[-1] :]) if packages else parts[-1]
