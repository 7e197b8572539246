"""A hard rule before any model: an item that the catalogue does not know is offered by `unknown_items` alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.settings import Settings
from streams.shared.arrays import PairSet

REFUSE, ALLOW = "refuse", "allow"


def known_items(
    candidates: CandidateSet, due: DueUsers, shared: Shared, settings: Settings
) -> CandidateSet:
    """Return the candidates that the catalogue knows at the decision's place.

    Where `rule_at` says ``allow``, those that it does not know stay if their user touched them.
    """
    at_ms = due.reached_ms[candidates.due]
    fit = shared.catalogue.knows(candidates.item, at_ms)
    unknown = (~fit).nonzero()[0]
    if not len(unknown):
        return candidates
    row = candidates.due[unknown]
    allowed = np.array([rule_at(at, shared.catalogue, settings) == ALLOW for at in due.reached_ms])
    fit[unknown] = allowed[row] & _touched(due).contains(row, candidates.item[unknown])
    rows: NDArray[np.int64] = fit.nonzero()[0]
    return candidates.take(rows)


def rule_at(at_ms: int, catalogue: Catalogue, settings: Settings) -> str:
    """Return which of `REFUSE` and `ALLOW` holds at a stream time: ``auto`` refuses once there is a catalogue."""
    if settings.unknown_items != "auto":
        return settings.unknown_items
    return REFUSE if catalogue.first_ms <= at_ms else ALLOW


def _touched(due: DueUsers) -> PairSet:
    """Return what each user's row says that they looked at, put into a cart or ordered."""
    kept = (due.state.events, due.state.carts, due.state.orders)
    users = np.concatenate([table.slots for table in kept])
    items = np.concatenate([table.data["item"] for table in kept])
    named = (items != NO_ID).nonzero()[0]
    return PairSet(users[named], items[named])
