"""Who is to blame when something raises, and how it is named without quoting a value."""

from __future__ import annotations

import traceback

NEVER_THE_INPUT = (MemoryError, OSError)
"""No input is at fault: memory or disk ran short, and the same input passes later."""


def named(error: BaseException) -> str:
    """Return type and place of an error; its message may quote a value and is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} at {last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
