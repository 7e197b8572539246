"""Files of a bundle, read with distrust: a bundle may come from elsewhere."""

from __future__ import annotations

import os
import stat
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path

from models.bundle.manifest import BundleError, check_name

MOST_BYTES = 256 << 20
"""Of a file that is read into memory; the largest shipped one has 128 kB."""


def read(folder: Path, name: str) -> bytes:
    """Return a file of ``folder``.

    Raises:
        BundleError: it lies elsewhere, is no plain file, is too large, or cannot be read.
    """
    with _opened(folder, name) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MOST_BYTES:
            raise BundleError(f"{name} has {size:,} bytes, at most {MOST_BYTES:,} are read")
        return file.read(MOST_BYTES)


def verified(folder: Path, name: str, expected: str) -> bytes:
    """Return a file of ``folder`` whose sha256 is ``expected``.

    Raises:
        BundleError: as `read`; or it is another file.
    """
    data = read(folder, name)
    _compare(name, sha256(data).hexdigest(), expected)
    return data


def verify_large(folder: Path, name: str, expected: str) -> None:
    """Check a file without holding it in memory; raises as `verified`."""
    with _opened(folder, name) as file:
        _compare(name, file_digest(file, "sha256").hexdigest(), expected)


def _opened(folder: Path, name: str) -> BufferedReader:
    """Open a plain file: no link is followed, and no pipe is waited for."""
    check_name(name)
    path = folder / name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BundleError(f"cannot read {path}: it is no plain file")
    return os.fdopen(descriptor, "rb")


def _compare(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise BundleError(f"{name} is not the file the manifest names: sha256 differs")
