"""What a user should hear beside the likeliest: choices that cost probability, at a logged price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.shared import Shared
from streams.pipeline.allocate import category_mix, exposure, familiarity, likeness, sameness
from streams.settings import Settings

Share = Callable[[DueUsers, CandidateSet, Shared], NDArray[np.float64]]
RULES: tuple[tuple[str, Share], ...] = (
    ("diversity", sameness.share),
    ("diversity_likeness", likeness.share),
    ("novelty", familiarity.share),
    ("category_mix", category_mix.share),
)
"""The setting that weighs each rule, and the share of a pair's worth that it takes at weight 1."""

Limit = Callable[[DueUsers, CandidateSet, Shared, Settings], NDArray[np.float64] | None]
LIMITS: tuple[Limit, ...] = (
    exposure.over_item_ceiling,
    exposure.over_seller_ceiling,
    exposure.below_cold_floor,
)
"""What each takes of a pair's worth, None where its setting is off."""


def diversify(
    due: DueUsers, candidates: CandidateSet, shared: Shared, settings: Settings
) -> CandidateSet:
    """Return the pairs with ``penalty``, the share of their value that the rules cost.

    Maximal marginal relevance (Carbonell and Goldstein 1998) against what the user has had: an item
    is worth ``h`` times ``1 - weight * share`` of each rule, and of each limit. What has lost all its
    worth comes last, and is said where there is nothing else. With all off nothing changes.
    """
    if not len(candidates):
        return candidates
    told = [(getattr(settings, name), share) for name, share in RULES if getattr(settings, name)]
    taken = [weight * share(due, candidates, shared) for weight, share in told]
    limited = (limit(due, candidates, shared, settings) for limit in LIMITS)
    taken += [more for more in limited if more is not None]
    if not taken:
        return candidates
    penalty = np.zeros(len(candidates))
    for more in taken:
        penalty = penalty + more - penalty * more
    return replace(candidates, penalty=penalty.clip(0.0, 1.0))
