"""A worker's data directory is its own."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from streams.engine.refusal import RefusalError


class HomeTakenError(RefusalError):
    """Another worker that lives uses the data directory."""


def claim(folder: Path) -> IO[bytes]:
    """Return a file that keeps ``folder`` claimed until it is closed, or its process ends.

    Raises:
        HomeTakenError: somebody else keeps it.
    """
    lock = (folder / "lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise HomeTakenError(
            f"cannot start: {folder} is in use by another worker; give each a data_dir of its own"
        ) from error
    return lock
