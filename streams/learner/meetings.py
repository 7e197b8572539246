"""Item-to-item neighbours: counts of meetings, and what is similar to what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.learner.demand import SLOT_BITS
from streams.learner.kept import Kept
from streams.learner.tally import Tally
from streams.learner.visits import HISTORY, Meetings
from streams.shared.arrays import places, runs

MAX_PAIRS = 4_000_000
"""Directed counts kept: 64 MB; beyond, the rarest go, of equally rare ones the longest unseen."""
PAIR_LIFE_MS = 30 * 24 * 3_600_000
"""A pair goes when one of its items was not seen for so long."""

_STEPS = np.array([0, 1, 2, 4, 8])
"""First distance of each bucket: next to each other, one between, 2-3, 4-7, 8-19 between."""
BUCKET_OF = np.searchsorted(_STEPS, np.arange(HISTORY), side="right") - 1
ORDERS = len(_STEPS)
"""The bucket of meetings among purchases."""
_BUCKET_BITS = 3
_ITEM_BITS, _WEIGHT_BITS, _SCORE_BITS = 20, 29, 30
MOST_SOURCES = 1 << (63 - _ITEM_BITS - _WEIGHT_BITS)
"""Sources looked at together: what is sorted must fit 64 bits, with a million items as well."""
_LAST_ITEM, _MOST_WEIGHT = (1 << _ITEM_BITS) - 1, (1 << _WEIGHT_BITS) - 1
_MOST_SCORE = np.uint64((1 << _SCORE_BITS) - 1)

FORWARD = np.array([3000, 2000, 1700, 1400, 1000, 4000])
"""Weight in thousandths by bucket when the candidate came later than the seed: a cosine that falls
with distance plus twice a transition that falls as 1/gap."""
BACKWARD = np.array([1000, 800, 700, 500, 300, 4000])
"""When it came earlier: the cosine part alone. Being bought together has no direction."""
SHRINKAGE = 10.0
"""Added to the geometric mean of the two items' counts: one shared user is little evidence.

Chosen on the validation items of Amazon Beauty (full ranking, trained on all but two, lists of
20): test HR@10 .082, NDCG@10 .051; plain cosine with decay has .065 and .039 there."""


@dataclass(slots=True)
class Neighbours:
    """Lists of similar items: ``source`` and ``item`` are slots, best first within a source."""

    source: NDArray[np.int64]
    item: NDArray[np.int64]
    score: NDArray[np.float32]


class MeetingCounts(Kept):
    """How often items met, by direction and distance: integers, weighted when read."""

    KEEPS = ("met", "_tally")

    def __init__(self, most: int = MAX_PAIRS) -> None:
        self.met = 0
        """Meetings counted, ever."""
        self._most = most
        self._tally = Tally()

    def add(self, met: Meetings, orders: bool = False) -> None:
        """Count meetings; ``orders``: among purchases."""
        bucket = np.full(len(met.distance), ORDERS) if orders else BUCKET_OF[met.distance]
        keys = _key(met.earlier, met.later, bucket)
        self._tally.add(keys, np.ones(len(keys), np.int64))
        self.met += len(keys)

    def prune(self, last_ms: NDArray[np.int64]) -> None:
        """Keep the memory bound; ``last_ms``: when each item was last seen."""
        if len(self._tally) <= self._most:
            return
        keys, counts = self._tally.rows()
        if len(keys) <= self._most:
            return
        earlier, later, _ = _parts(keys)
        seen_ms = np.clip(np.minimum(last_ms[earlier], last_ms[later]), 0, (1 << 48) - 1)
        rank = (np.minimum(counts, (1 << 15) - 1) << 48) | seen_ms
        excess = len(keys) - self._most * 3 // 4
        kept = rank > np.partition(rank, excess - 1)[excess - 1]
        self._tally.replace(keys[kept], counts[kept])

    def expire(self, last_ms: NDArray[np.int64], now_ms: int) -> None:
        """Forget pairs of items that were not seen for `PAIR_LIFE_MS`."""
        lives = last_ms > now_ms - PAIR_LIFE_MS
        if lives.all():
            return
        keys, counts = self._tally.rows()
        earlier, later, _ = _parts(keys)
        kept = lives[earlier] & lives[later]
        self._tally.replace(keys[kept], counts[kept])

    def rename(self, renumbered: NDArray[np.int64]) -> None:
        """Follow a renumbering of items; pairs with one that is gone (-1) go too."""
        keys, counts = self._tally.rows()
        earlier, later, bucket = _parts(keys)
        earlier, later = renumbered[earlier], renumbered[later]
        kept = (earlier >= 0) & (later >= 0)
        self._tally.replace(_key(earlier[kept], later[kept], bucket[kept]), counts[kept])

    def partners(self, items: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which items met one of ``items`` (masks by slot)."""
        keys, _ = self._tally.rows()
        earlier, later, _ = _parts(keys)
        met = np.zeros(len(items), bool)
        met[later[items[earlier]]] = True
        met[earlier[items[later]]] = True
        return met

    def neighbours(
        self,
        sources: NDArray[np.bool_],
        allowed: NDArray[np.bool_],
        rank: NDArray[np.int64],
        occurred: NDArray[np.int64],
        limit: int,
    ) -> Neighbours:
        """Return the ``limit`` most similar ``allowed`` items of each of the ``sources``.

        Columns are by slot; ``rank``: place of the item's hash among all, which breaks ties;
        ``occurred``: how often an item came into a history. With m = the weighted meetings,
        x = m / (sqrt(occurred_a * occurred_b) + SHRINKAGE), and the score is x / (1 + x). The
        sums are of integers, so the result does not depend on order.
        """
        found = [
            self._neighbours_of(part, allowed, rank, occurred, limit) for part in _parts_of(sources)
        ]
        return Neighbours(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def _neighbours_of(
        self,
        sources: NDArray[np.bool_],
        allowed: NDArray[np.bool_],
        rank: NDArray[np.int64],
        occurred: NDArray[np.int64],
        limit: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Return `Neighbours`' columns of at most `MOST_SOURCES` sources.

        What is sorted is one number a row that holds all there is to it: sorting numbers is
        several times faster than sorting places by them and gathering columns.
        """
        keys, counts = self._tally.rows()
        earlier, later, bucket = _parts(keys)
        onward = np.flatnonzero(sources[earlier] & allowed[later])
        back = np.flatnonzero(sources[later] & allowed[earlier])
        number, chosen, by_rank = np.cumsum(sources) - 1, np.flatnonzero(sources), np.argsort(rank)
        packed = np.concatenate(
            (
                _pack(number[earlier[onward]], rank[later[onward]], counts[onward] * FORWARD[bucket[onward]]),
                _pack(number[later[back]], rank[earlier[back]], counts[back] * BACKWARD[bucket[back]]),
            )
        )  # fmt: skip
        packed.sort()
        pair = packed >> _WEIGHT_BITS
        starts = runs(pair)
        met = np.add.reduceat(packed & _MOST_WEIGHT, starts) / 1000.0 if len(starts) else pair / 1.0
        number, item = pair[starts] >> _ITEM_BITS, pair[starts] & _LAST_ITEM
        # Each root apart: the product of two counts could pass 64 bits.
        root = np.sqrt(occurred)
        strength = met / (root[chosen][number] * root[by_rank][item] + SHRINKAGE)
        number, score, item = _best(number, strength / (1 + strength), item, limit)
        return chosen[number], by_rank[item], score


def _parts_of(sources: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """Yield masks of at most `MOST_SOURCES` of the sources each, at least one."""
    number = np.cumsum(sources) - 1
    for first in range(0, max(int(sources.sum()), 1), MOST_SOURCES):
        yield sources & (number >= first) & (number < first + MOST_SOURCES)


def _pack(
    number: NDArray[np.int64], item: NDArray[np.int64], weighted: NDArray[np.int64]
) -> NDArray[np.int64]:
    pair = (number << _ITEM_BITS) | item
    return (pair << _WEIGHT_BITS) | np.minimum(weighted, _MOST_WEIGHT)


def _best(
    number: NDArray[np.int64], score: NDArray[np.float64], item: NDArray[np.int64], limit: int
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Return (number, score, item) of each number's best ``limit``, ties by item.

    ``score``: 0 to 1; the bits of such a float32 are a number below ``_MOST_SCORE`` that grows
    with it.
    """
    falling = _MOST_SCORE - score.astype(np.float32).view(np.uint32).astype(np.uint64)
    place = number.astype(np.uint64) << np.uint64(_SCORE_BITS) | falling
    packed = place << np.uint64(_ITEM_BITS) | item.astype(np.uint64)
    packed.sort()
    place = packed >> np.uint64(_ITEM_BITS)
    number = (place >> np.uint64(_SCORE_BITS)).astype(np.int64)
    listed = np.flatnonzero(places(number) < limit)
    bits = (_MOST_SCORE - (place[listed] & _MOST_SCORE)).astype(np.uint32)
    return (
        number[listed],
        bits.view(np.float32),
        (packed[listed] & np.uint64(_LAST_ITEM)).astype(np.int64),
    )


def _key(
    earlier: NDArray[np.int64], later: NDArray[np.int64], bucket: NDArray[np.int64]
) -> NDArray[np.int64]:
    return (((earlier << SLOT_BITS) | later) << _BUCKET_BITS) | bucket


def _parts(
    keys: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return earlier slot, later slot and bucket of each key."""
    slot = (1 << SLOT_BITS) - 1
    pair = keys >> _BUCKET_BITS
    return pair >> SLOT_BITS, pair & slot, keys & ((1 << _BUCKET_BITS) - 1)
