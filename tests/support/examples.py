"""How many examples a law is tried on: all of them in `make test`, a tenth in `make check`."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100
"""`max_examples` of the profile in which a law is tried on as many examples as it says."""


def examples(count: int) -> int:
    """Return ``count`` scaled by the profile that is loaded; at least three."""
    return max(3, count * settings.default.max_examples // USUAL)
