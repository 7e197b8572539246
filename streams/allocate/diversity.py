"""Not always more of the same: what resembles the user's last pushes gives way, at a logged price."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from schemas.ids import NO_ID
from schemas.tables import CandidateSet, DueUsers
from streams.policy.told import counted
from streams.settings import Settings

REACH_MS = 7 * 24 * 3_600_000
"""Pushes of the last week make up what the user has had of each category."""


def diversify(due: DueUsers, candidates: CandidateSet, settings: Settings) -> CandidateSet:
    """Return the pairs with ``penalty``, the share of their value that sameness costs.

    Maximal marginal relevance (Carbonell and Goldstein 1998) against what was pushed: an item is
    worth ``h * (1 - diversity * s)``, with s the share of its category in the user's pushes of
    `REACH_MS`. With ``diversity`` 0 nothing changes.
    """
    if not settings.diversity or not len(candidates):
        return candidates
    pushes, slots = due.state.pushes.data, due.state.pushes.slots
    recent = counted(pushes) & (due.now_ms[slots] - pushes["at_ms"] < REACH_MS)
    told = recent & (pushes["category"] != NO_ID)
    slots, category = slots[told], pushes["category"][told]
    names = np.unique(np.concatenate((category, candidates.category)))
    had = np.zeros(0, np.int64) if not len(slots) else _key(slots, category, names)
    wanted = _key(candidates.due, candidates.category, names)
    keys, counts = np.unique(had, return_counts=True)
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    same = np.where(keys[at] == wanted, counts[at], 0) if len(keys) else np.zeros(len(wanted))
    total = np.bincount(slots, minlength=len(due))[candidates.due]
    return replace(candidates, penalty=settings.diversity * same / np.maximum(total, 1))


def _key(rows: np.ndarray, category: np.ndarray, names: np.ndarray) -> np.ndarray:
    return np.asarray(rows * len(names) + np.searchsorted(names, category), np.int64)
