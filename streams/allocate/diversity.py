"""What a user should hear beside the likeliest: choices that cost probability, at a logged price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from schemas.tables import CandidateSet, DueUsers
from streams.allocate import category_mix, familiarity, likeness, sameness
from streams.knowledge.shared import Shared
from streams.settings import Settings

Share = Callable[[DueUsers, CandidateSet, Shared], NDArray[np.float64]]
RULES: tuple[tuple[str, Share], ...] = (
    ("diversity", sameness.share),
    ("diversity_likeness", likeness.share),
    ("novelty", familiarity.share),
    ("category_mix", category_mix.share),
)
"""The setting that weighs each rule, and the share of a pair's worth that it takes at weight 1."""


def diversify(
    due: DueUsers, candidates: CandidateSet, shared: Shared, settings: Settings
) -> CandidateSet:
    """Return the pairs with ``penalty``, the share of their value that the rules cost.

    Maximal marginal relevance (Carbonell and Goldstein 1998) against what the user has had: an item
    is worth ``h`` times ``1 - weight * share`` of each rule. With all weights 0 nothing changes.
    """
    told = [(getattr(settings, name), share) for name, share in RULES if getattr(settings, name)]
    if not told or not len(candidates):
        return candidates
    penalty = np.zeros(len(candidates))
    for weight, share in told:
        more = weight * share(due, candidates, shared)
        penalty = penalty + more - penalty * more
    return replace(candidates, penalty=np.clip(penalty, 0.0, 1.0))
