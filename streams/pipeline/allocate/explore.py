"""A share of decisions tries another candidate, so that its effect can be learned."""

from __future__ import annotations

import uuid

from schemas.ids import uniform
from streams.settings import Settings

TOP = 5
"""Only the best few are worth trying."""


def propensities(allowed: int, settings: Settings) -> list[float]:
    """Return with which probability each of ``allowed`` candidates, best first, is published.

    They and ``holdout_share`` sum to 1: a holdout is one of the possible choices. Importance
    weighting of logged choices divides by these.
    """
    spoken = 1.0 - settings.holdout_share
    others = min(allowed, TOP) - 1
    if others < 1:
        return [spoken] * allowed
    each = spoken * settings.explore_share / others
    best = spoken * (1.0 - settings.explore_share)
    return [best] + [each] * others + [0.0] * (allowed - 1 - others)


def pick(identity: uuid.UUID, allowed: int, settings: Settings) -> int:
    """Return the rank to publish out of ``allowed`` >= 1: 0, or another when exploring."""
    others = min(allowed, TOP) - 1
    if others < 1 or uniform(identity, "explore") >= settings.explore_share:
        return 0
    return 1 + int(uniform(identity, "explored") * others)


def held_out(identity: uuid.UUID, settings: Settings) -> bool:
    """Return whether a decision is kept silent on purpose, to measure uplift."""
    return uniform(identity, "holdout") < settings.holdout_share
