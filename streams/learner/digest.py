"""Put an epoch together from its parts, as much as fits."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.globals import Epoch
from schemas.ids import NO_ID
from schemas.parts import PART_BYTES
from streams.learner.popular import Packed, Parts, Table
from streams.shared.arrays import runs

MAX_EPOCH_BYTES = 8 * PART_BYTES
"""Every worker reads every epoch and keeps eight of them."""


def fitted(
    head: Epoch,
    parts: Parts,
    table: Table,
    neighbours: dict[int, Packed],
    names: dict[int, str],
) -> Epoch:
    """Return ``head`` filled with the parts and as many of the ``neighbours``, in order, as fit.

    Every item that occurs brings its name and category; ``names`` has the text of each.
    """
    lists = len(neighbours)
    while True:
        chosen = dict(islice(neighbours.items(), lists))
        epoch = _assembled(head, parts, table, chosen, names)
        size = len(msgspec.msgpack.encode(epoch))
        if size <= MAX_EPOCH_BYTES or not lists:
            return epoch
        lists = int(lists * MAX_EPOCH_BYTES / size * 0.95)


def _assembled(
    head: Epoch,
    parts: Parts,
    table: Table,
    neighbours: dict[int, Packed],
    names: dict[int, str],
) -> Epoch:
    lists = (
        parts.category_trending, parts.cell_trending, parts.segment_trending, parts.bought_by
    )  # fmt: skip
    by_key = [packed for found in lists for packed in found.values()]
    packed = (parts.trending, parts.arrivals, *by_key)
    items = _all_items(neighbours, (*packed, *neighbours.values()))
    categories = _categories_of(table, items)
    occurring = {*items.tolist(), *parts.category_trending, *categories.values()}
    return msgspec.structs.replace(
        head,
        trending=parts.trending,
        category_trending=parts.category_trending,
        neighbours=neighbours,
        arrivals=parts.arrivals,
        cell_trending=parts.cell_trending,
        segment_trending=parts.segment_trending,
        bought_by=parts.bought_by,
        categories_of=categories,
        names={number: names[number] for number in sorted(occurring & names.keys())},
    )


def _all_items(keys: Iterable[int], lists: Iterable[Packed]) -> NDArray[np.uint64]:
    """Return every item hash that occurs, sorted."""
    listed = np.frombuffer(b"".join(items for items, _ in lists), "<u8")
    found = np.concatenate((np.array(list(keys), np.uint64), listed))
    found.sort()  # np.unique would take four times as long
    return found[runs(found)]


def _categories_of(table: Table, items: NDArray[np.uint64]) -> dict[int, int]:
    by_hash = np.argsort(table.rank)
    slots = by_hash[np.searchsorted(table.hashes[by_hash], items)]
    pairs = zip(items.tolist(), table.category[slots].tolist(), strict=True)
    return {item: category for item, category in pairs if category != NO_ID}
