"""An epoch as arrays: what the sources read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.sendtime import ActivityModel
from schemas.globals import Epoch
from streams.knowledge.demand_view import DemandView
from streams.knowledge.wake_view import WakeView

Scored = tuple[NDArray[np.uint64], NDArray[np.float32]]
"""Items with their scores, best first."""


_ITEM_BYTES, _SCORE_BYTES = 8, 4
_NONE = (b"", b"")
_UNEVEN = "a list has not as many scores as items"


@dataclass(slots=True, frozen=True)
class Lists:
    """A scored list of items for each of some keys, as one array: list i of ``keys[i]`` is
    ``[offsets[i]:offsets[i + 1]]``; ``keys`` are sorted.
    """

    keys: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    items: NDArray[np.uint64]
    scores: NDArray[np.float32]

    @classmethod
    def decode(cls, packed: dict[int, tuple[bytes, bytes]]) -> Self:
        """Join the packed lists.

        Raises:
            ValueError: a list has not as many scores as items.
        """
        keys = sorted(packed)
        lists = [packed[key] for key in keys]
        lengths = [len(items) // _ITEM_BYTES for items, _ in lists]
        for length, (items, scores) in zip(lengths, lists, strict=True):
            if length * _ITEM_BYTES != len(items) or length * _SCORE_BYTES != len(scores):
                raise ValueError(_UNEVEN)
        items, scores = (
            (b"".join(column) for column in zip(*lists, strict=True)) if lists else _NONE
        )
        offsets = np.zeros(len(keys) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return cls(np.array(keys, np.uint64), offsets, *_unpack((items, scores)))

    def inverted(self) -> Lists:
        """Return of each item the keys whose lists have it, best first, ties by hash."""
        keys = self.keys.repeat(np.diff(self.offsets))
        order = np.lexsort((keys, -self.scores, self.items))
        items, first = np.unique(self.items[order], return_index=True)
        return Lists(items, np.append(first, len(order)), keys[order], self.scores[order])

    def __len__(self) -> int:
        """Keys."""
        return len(self.keys)

    def __getitem__(self, key: int) -> Scored:
        """The list of one key; empty when there is none."""
        _, items, scores = self.lookup(np.array([key], np.uint64))
        return items, scores

    def has(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which keys have a list."""
        return self._places(keys)[1] if len(self.keys) else np.zeros(len(keys), bool)

    def lookup(
        self, keys: NDArray[np.uint64], limit: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.float32]]:
        """Return (row, item, score) of the first ``limit`` of each key's list, row by row."""
        if not len(self.keys):
            return np.zeros(0, np.int64), self.items, self.scores
        at, found = self._places(keys)
        count = np.where(found, self.offsets[at + 1] - self.offsets[at], 0)
        count = count if limit is None else np.minimum(count, limit)
        rows = np.arange(len(keys)).repeat(count)
        first = count.cumsum() - count
        index = np.arange(len(rows)) + (self.offsets[at] - first).repeat(count)
        return rows, self.items[index], self.scores[index]

    def _places(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        at = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        return at, self.keys[at] == keys


@dataclass(slots=True, frozen=True)
class EpochView:
    """An `Epoch` decoded; immutable. Scores are in [0, 1].

    ``described``: of a known item the launched ones that are described like it.
    """

    number: int
    holds_from_ms: int
    since: int
    catalog_version: int
    trending: Scored
    category_trending: Lists
    neighbours: Lists
    arrivals: Scored
    cell_trending: Lists
    segment_trending: Lists
    described: Lists
    words: Lists
    bought_by: Lists
    exposure: Scored
    cold_share: float | None
    demand: DemandView
    activity: ActivityModel
    wakes: WakeView
    names: dict[int, str]
    lambda_t: float | None
    lambda_c: float | None
    bias: float | None
    _items: NDArray[np.uint64]
    _categories: NDArray[np.uint64]

    @classmethod
    def decode(cls, epoch: Epoch) -> Self:
        """Unpack the columns.

        Raises:
            ValueError: a packed column has no whole number of values, or lengths differ.
        """
        items = np.array(sorted(epoch.categories_of), np.uint64)
        categories = [epoch.categories_of[item] for item in items.tolist()]
        return cls(
            number=epoch.number,
            holds_from_ms=epoch.holds_from_ms,
            since=epoch.since,
            catalog_version=epoch.catalog_version,
            trending=_unpack(epoch.trending),
            category_trending=Lists.decode(epoch.category_trending),
            neighbours=Lists.decode(epoch.neighbours),
            arrivals=_unpack(epoch.arrivals),
            cell_trending=Lists.decode(epoch.cell_trending),
            segment_trending=Lists.decode(epoch.segment_trending),
            described=Lists.decode(epoch.described).inverted(),
            words=Lists.decode(epoch.words),
            bought_by=Lists.decode(epoch.bought_by),
            exposure=_unpack(epoch.exposure),
            cold_share=epoch.cold_share,
            demand=DemandView.decode(epoch.demand),
            activity=ActivityModel.decode(epoch.activity),
            wakes=WakeView.decode(epoch.wakes),
            names=epoch.names,
            lambda_t=epoch.lambda_t,
            lambda_c=epoch.lambda_c,
            bias=epoch.bias,
            _items=items,
            _categories=np.array(categories, np.uint64),
        )

    def categories(self, items: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return the category of each item, 0 where the epoch does not tell."""
        if not len(self._items):
            return np.zeros(len(items), np.uint64)
        at = np.minimum(self._items.searchsorted(items), len(self._items) - 1)
        return np.where(self._items[at] == items, self._categories[at], np.uint64(0))


def _unpack(packed: tuple[bytes, bytes]) -> Scored:
    items = np.frombuffer(packed[0], "<u8").astype(np.uint64)
    scores = np.frombuffer(packed[1], "<f4").astype(np.float32)
    if len(items) != len(scores):
        raise ValueError(_UNEVEN)
    if not ((scores >= 0) & (scores <= 1)).all():  # NaN is not
        raise ValueError("a score is no number in [0, 1]")
    return items, scores
