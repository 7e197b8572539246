"""Where the real logs are that the project does not ship."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def data_file(name: str) -> Path:
    """The file in ``KAIROS_DATA`` (default: ``../shared/data`` from the project's root)."""
    folder = ROOT / os.environ.get("KAIROS_DATA", "../shared/data")
    path = folder / name
    assert path.exists(), f"{path} is missing: point KAIROS_DATA at the folder that has {name}"
    return path
