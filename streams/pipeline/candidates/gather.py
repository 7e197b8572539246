"""All sources' proposals as one set of candidates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.tables import CandidateSet, DueUsers
from schemas.vocabulary import TriggerKind
from streams.knowledge.shared import Shared
from streams.pipeline.candidates import (
    arrivals,
    cart_left,
    catalogue_news,
    category_trending,
    complement,
    content,
    ease,
    favourites,
    followers,
    friends_bought,
    near_hot,
    neighbours,
    own_recent,
    price_drop,
    rediscovered,
    repurchase,
    searched,
    segment_trending,
    session_neighbours,
    told_interests,
    trending,
)
from streams.pipeline.candidates.catalogue_news import only_news
from streams.pipeline.candidates.proposals import Source, View, best
from streams.settings import Settings
from streams.shared.arrays import PairSet, by_pair, by_score, lengths, runs

SOURCES: tuple[Source, ...] = (
    own_recent.SOURCE,
    cart_left.SOURCE,
    favourites.SOURCE,
    neighbours.SOURCE,
    category_trending.SOURCE,
    trending.SOURCE,
    arrivals.SOURCE,
    ease.SOURCE,
    followers.SOURCE,
    complement.SOURCE,
    price_drop.SOURCE,
    repurchase.SOURCE,
    rediscovered.SOURCE,
    catalogue_news.SOURCE,
    near_hot.SOURCE,
    told_interests.SOURCE,
    searched.SOURCE,
    session_neighbours.SOURCE,
    content.SOURCE,
    segment_trending.SOURCE,
    friends_bought.SOURCE,
)
"""Bit i of `CandidateSet.sources` stands for the i-th: append, never reorder."""

OWNED = np.array([source.owned for source in SOURCES])
"""Which of them may propose what the user owns."""
REPURCHASE = np.uint32(1) << np.uint32(SOURCES.index(repurchase.SOURCE))
"""The bit of the source that means to sell again."""


def gather(due: DueUsers, shared: Shared, settings: Settings) -> CandidateSet:
    """Return the union of the sources' proposals, sorted by (due, highest score, item).

    ``source_score`` is 1 minus the product of (1 - score) over the sources that propose the pair
    (noisy-or). For a follow-up the bought item's neighbours come first.
    """
    view = View.of(due, shared, settings)
    source, every = best([source.raw(view) for source in SOURCES], view, OWNED)
    users, item, category = every.due, every.item, every.category
    bits = np.left_shift(np.uint32(1), source.astype(np.uint32))
    missed = 1 - every.score.astype(np.float64)
    if not len(users):
        none = np.zeros((0, len(SOURCES)), np.float32)
        return CandidateSet(users, item, category, bits, missed.astype(np.float32), none)
    order = by_pair(users, item)  # stable: a pair's scores multiply in the order of the sources
    users, item = users[order], item[order]
    starts = runs(users, item)
    merged = CandidateSet(
        users[starts],
        item[starts],
        np.maximum.reduceat(category[order], starts),
        np.bitwise_or.reduceat(bits[order], starts),
        (1 - np.multiply.reduceat(missed[order], starts)).astype(np.float32),
        _by_source(starts, source[order], every.score[order]),
    )
    merged = only_news(merged, due)
    _lead_with_neighbours(merged, due, shared)
    return merged.take(by_score(merged.due, merged.source_score))


def _by_source(
    starts: NDArray[np.int64], source: NDArray[np.int64], score: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return float32[pairs, sources]: what each source gave the pair, 0 for nothing."""
    pair = np.arange(len(starts)).repeat(lengths(starts, len(source)))
    told = np.zeros((len(starts), len(SOURCES)), np.float32)
    told[pair, source] = score
    return told


def _lead_with_neighbours(merged: CandidateSet, due: DueUsers, shared: Shared) -> None:
    """Move the neighbours of what a follow-up is about into [0.5, 1], the rest into [0, 0.5)."""
    asked = ((due.kind == TriggerKind.FOLLOW_UP) & (due.item != NO_ID)).nonzero()[0]
    if shared.epoch is None or not (due.kind == TriggerKind.FOLLOW_UP).any():
        return
    rows, item, _ = shared.epoch.neighbours.lookup(due.item[asked])
    lead = PairSet(asked[rows], item).contains(merged.due, merged.item)
    follow_up = (due.kind == TriggerKind.FOLLOW_UP)[merged.due]
    half = merged.source_score * np.float32(0.5)
    lower = np.minimum(half, np.nextafter(np.float32(0.5), np.float32(0)))
    raised = np.where(lead, half + np.float32(0.5), lower)
    merged.source_score = np.where(follow_up, raised, merged.source_score)


def source_names(mask: int) -> list[str]:
    """Return the names of the sources in a bit mask, in bit order."""
    return [source.name for bit, source in enumerate(SOURCES) if mask >> bit & 1]


def reason_codes(mask: int) -> list[str]:
    """Return the reason codes of the sources in a bit mask, in bit order."""
    return [source.reason_code for bit, source in enumerate(SOURCES) if mask >> bit & 1]
