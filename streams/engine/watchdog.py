"""Ends a process whose work hangs: a supervisor starts it again, its state is in the log."""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2
"""The file descriptor: whatever Python calls stderr by then may be something else."""


@contextmanager
def ends_within(limit_s: float) -> Iterator[None]:
    """End the process, with the stacks of its threads on stderr, if the block takes longer.

    One block at a time. The clock runs outside of Python: native code that never gives the
    interpreter back is ended as well.
    """
    faulthandler.dump_traceback_later(limit_s, exit=True, file=STDERR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
