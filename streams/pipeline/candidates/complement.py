"""What goes with a purchase and is something else: neighbours from other categories."""

from __future__ import annotations

from schemas.ids import NO_ID
from schemas.vocabulary import EventType
from streams.pipeline.candidates.history import DAY_MS
from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.pipeline.candidates.similar import added_up, seeds

BEST_SCORE = 0.5
FOR_MS = 30 * DAY_MS
"""How long a purchase asks for what goes with it."""


def raw(view: View) -> Proposals:
    """Score s/(1+s) over the neighbours of what was bought that are of another known category."""
    epoch, bought = view.shared.epoch, view.touches.of(EventType.PURCHASE)
    if epoch is None or not len(bought):
        return Proposals.none()
    start = seeds(view, bought.take(bought.age_ms <= FOR_MS), asked=False)
    rows, item, similarity = epoch.neighbours.lookup(start.item)
    at_ms = view.due.reached_ms[start.due]
    mine = view.shared.categories(start.item, at_ms)[rows]
    theirs = view.shared.categories(item, at_ms[rows])
    other = ((mine != theirs) & (mine != NO_ID) & (theirs != NO_ID)).nonzero()[0]
    rows, item = rows[other], item[other]
    strength = start.weight()[rows] * similarity[other]
    return added_up(start.due[rows], item, strength, BEST_SCORE, view)


SOURCE = Source("complement", "goes_with_purchase", raw)
