"""The zones of the IANA database, as the `tzdata` package lists them.

A machine's own files know more: "localtime", which is another zone on each of them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def zones() -> frozenset[str]:
    """Return the names of all zones."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
