"""The item whose change in the catalogue asked for the decision; nothing else is news then."""

from __future__ import annotations

import numpy as np

from schemas.tables import CandidateSet, DueUsers
from schemas.vocabulary import NEWS, among
from streams.pipeline.candidates.proposals import Proposals, Source, View

BEST_SCORE = 0.5
"""Somebody who cares hears something new, but nothing was left in a cart."""


def raw(view: View) -> Proposals:
    """Score ``BEST_SCORE`` for the item of a decision about news."""
    asked = among(view.due.kind, NEWS).nonzero()[0]
    if not len(asked):
        return Proposals.none()
    score = np.full(len(asked), BEST_SCORE)
    return Proposals.of(asked, view.due.item[asked], score, view.due.category[asked])


def only_news(candidates: CandidateSet, due: DueUsers) -> CandidateSet:
    """Leave those who are asked about a change nothing but its item.

    Who reads "costs less now" must find that item, and nothing when it is sold out again.
    """
    asked = among(due.kind, NEWS)
    if not asked.any():
        return candidates
    about = ~asked[candidates.due] | (candidates.item == due.item[candidates.due])
    return candidates.take(about.nonzero()[0])


SOURCE = Source("catalogue_news", "catalogue_news", raw)
