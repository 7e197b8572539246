"""What those whom the user follows lately bought, and let others hear of."""

from __future__ import annotations

import numpy as np

from schemas.ids import NO_ID
from schemas.vocabulary import FRIENDS, among
from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.pipeline.candidates.similar import added_up

BEST_SCORE = 0.4
"""One friend's fresh purchase says half of it: more than a stranger's, less than what the user does."""


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums, over friends, how lately each bought the item."""
    epoch, told = view.shared.epoch, view.due.state.context
    if epoch is None or not len(epoch.bought_by) or not len(told.data):
        return Proposals.none()
    rows = (among(told.data["field"], FRIENDS) & (told.data["value"] != NO_ID)).nonzero()[0]
    at, item, fresh = epoch.bought_by.lookup(told.data["value"][rows])
    users = told.slots[rows][at]
    return added_up(users, item, fresh.astype(np.float64), BEST_SCORE, view)


SOURCE = Source("friends_bought", "friends_bought", raw)
