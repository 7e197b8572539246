"""Who is heard how often: ceilings for an item and for a seller, a floor for items nobody knows yet.

What was pushed lately comes with the epoch, so the choices of one epoch cannot see each other: a limit
holds over a day, not within an hour.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.shared import EpochView, Shared
from streams.settings import Settings

Shares = NDArray[np.float64]


def over_item_ceiling(
    due: DueUsers, candidates: CandidateSet, shared: Shared, settings: Settings
) -> Shares | None:
    """Return 1 for a pair whose item had more than ``item_ceiling`` of the day's pushes, else 0."""
    if settings.item_ceiling >= 1 or shared.epoch is None:
        return None
    items, share = shared.epoch.exposure
    over = np.isin(candidates.item, items[share > settings.item_ceiling])
    return over.astype(np.float64)


def over_seller_ceiling(
    due: DueUsers, candidates: CandidateSet, shared: Shared, settings: Settings
) -> Shares | None:
    """Return 1 for a pair whose seller's items had more than ``seller_ceiling`` of them, else 0."""
    if settings.seller_ceiling >= 1 or shared.epoch is None:
        return None
    catalogue, (items, shares) = shared.catalogue, shared.epoch.exposure
    at_ms = due.reached_ms[candidates.due]
    stops = np.zeros(len(candidates))
    for time_ms in np.unique(at_ms).tolist():
        pairs = (at_ms == time_ms).nonzero()[0]
        had = Counter[str | None]()
        for row, share in zip(
            catalogue.rows(items, time_ms).tolist(), shares.tolist(), strict=True
        ):
            had[catalogue.seller(row)] += share
        over = {seller for seller, share in had.items() if share > settings.seller_ceiling} - {None}
        rows = catalogue.rows(candidates.item[pairs], time_ms).tolist()
        stops[pairs] = [catalogue.seller(row) in over for row in rows]
    return stops


def below_cold_floor(
    due: DueUsers, candidates: CandidateSet, shared: Shared, settings: Settings
) -> Shares | None:
    """Return what a known item gives up beside a cold one while cold ones had too few of the pushes.

    1 while they had none, falling to 0 as they reach ``cold_floor``; 0 for a cold item, and for users
    who are offered none. Cold: without neighbours in the epoch.
    """
    epoch = shared.epoch
    if not settings.cold_floor or epoch is None or epoch.cold_share is None:
        return None
    short = max(0.0, 1.0 - epoch.cold_share / settings.cold_floor)
    cold = _cold(candidates, epoch)
    beside = np.bincount(candidates.due, cold, len(due))[candidates.due] > 0
    return np.where(~cold & beside, short, 0.0)


def _cold(candidates: CandidateSet, epoch: EpochView) -> NDArray[np.bool_]:
    known = epoch.neighbours.keys
    if not len(known):
        return np.ones(len(candidates), np.bool_)
    at = np.minimum(known.searchsorted(candidates.item), len(known) - 1)
    cold: NDArray[np.bool_] = known[at] != candidates.item
    return cold
