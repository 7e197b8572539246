"""What the catalogue says of pushes that are out: withdrawn, sold out, or not sold where the user now is."""

from __future__ import annotations

import numpy as np

from schemas.tables import DueUsers
from streams.knowledge.catalogue import Catalogue
from streams.pipeline.candidates.sold_here import sold_to
from streams.pipeline.policy.told import Texts
from streams.settings import Settings


def off_offer(
    due: DueUsers, catalogue: Catalogue, settings: Settings, texts: Texts
) -> dict[tuple[int, int], str]:
    """Return why the catalogue of each row's position forbids an item pushed to its user.

    Keys: (due row, item). What the catalogue never knew is not forbidden: `unknown_items` let it through.
    """
    rows, items = due.state.pushes.slots, due.state.pushes.data["item"]
    if not len(rows):
        return {}
    at_ms = due.reached_ms[rows]
    gone, known = catalogue.offers(items, at_ms)[1], catalogue.knows(items, at_ms)
    sold = sold_to(rows, items, due, catalogue, settings, texts)
    reason = np.where(gone, np.where(known, "sold_out", "withdrawn"), "not_sold_here")
    forbidden = (gone | ~sold).nonzero()[0]
    pairs = zip(rows[forbidden].tolist(), items[forbidden].tolist(), strict=True)
    return dict(zip(pairs, reason[forbidden].tolist(), strict=True))
