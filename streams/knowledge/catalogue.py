"""The catalogue in memory: columns to compute with, and each item's record to show.

Measured (`python -m benchmarks.job catalogue`): 330 bytes an item besides its JSON (columns 130, slots 24, since then 32, names
and object headers), so a million items of 345 bytes of JSON take 670 MB. Shops and countries are kept once a
set: a chain's shops cost nothing an item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.features.places import NOWHERE, Places
from schemas.catalog import CatalogItem
from schemas.ids import hash64
from schemas.state import NEVER_MS
from schemas.tables import ITEM_ATTRIBUTES
from schemas.vocabulary import TriggerKind
from streams.knowledge.catalogue_record import CatalogueError, Version, read_version
from streams.knowledge.newest import Newest
from streams.knowledge.news import News, news_in
from streams.knowledge.similar_prices import NO_GROUP, SimilarPrices
from streams.knowledge.slots import UNKNOWN, Slots

_FIRST_ROWS = 1024
_DECODED = 100_000
"""Embeddings and sellers kept decoded, of items asked for; beyond, they are decoded anew."""
_NAN = float("nan")
_NOT_TOLD = (0, _NAN, _NAN, _NAN, _NAN, NOWHERE, NOWHERE, NOWHERE)
_UNKNOWN = (0, _NAN, _NAN, _NAN, _NAN, _NAN, False, *_NOT_TOLD)
_WITHDRAWN = (0, _NAN, 0.0, _NAN, _NAN, _NAN, False, *_NOT_TOLD)


class Catalogue:
    """What can be pushed, as of the records applied so far.

    The result depends on each item's newest version alone, not on the order across items.
    ``version`` counts the records that changed something.
    """

    def __init__(self) -> None:
        self.version = 0
        self._known = 0
        self._slots = Slots()
        self._table = np.zeros(_FIRST_ROWS, ITEM_ATTRIBUTES)
        self._table[UNKNOWN] = _UNKNOWN
        self._ts_ms = np.full(_FIRST_ROWS, NEVER_MS)
        self._arrived_ms = np.full(_FIRST_ROWS, NEVER_MS)  # NEVER_MS: not on offer
        self._values: list[bytes | None] = [None]
        self._categories: dict[int, str] = {}
        self._newest = Newest()
        self._news = News()
        self._similar = SimilarPrices()
        self._group = np.zeros(_FIRST_ROWS, np.int32)
        self.places = Places()
        self._embeddings: dict[int, NDArray[np.float64] | None] = {}  # of items asked for
        self._sellers: dict[int, str | None] = {}

    def __len__(self) -> int:
        """Items that are known and not withdrawn."""
        return self._known

    def apply(self, key: bytes | None, value: bytes | None) -> str | None:
        """Take in a record; return why it cannot be read, None when it was applied or is old.

        A record older (by ``ts``) than the item's newest version changes nothing; at equal
        ``ts`` the later record wins. ``value`` None withdraws the item.
        """
        try:
            name = (key or b"").decode()
            if not name:
                return "the record has no key: it must be the item_id"
            if value is None:
                self._withdraw(hash64(name))
                return None
            self._upsert(read_version(name, value), value)
        except UnicodeDecodeError:
            return "the key is not UTF-8"
        except CatalogueError as error:
            return str(error)
        return None

    def attributes(self, items: NDArray[np.uint64]) -> NDArray[Any]:
        """Return `ITEM_ATTRIBUTES` of each hash.

        Unknown: category 0, NaN, ``known`` False; a withdrawn item is the same with stock 0, so
        ``stock <= 0`` means "not on offer" for both sold out and withdrawn.
        """
        slots = self._slots.find(items)
        rows: NDArray[Any] = self._table.take(slots)  # a record at once; indexing goes by field
        rows["similar_minor"] = self._similar.mean_of_others(
            self._group[slots], rows["price_minor"]
        )
        return rows

    def offers(self, items: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """Return each hash's category (0: not known) and whether it is known not to be on offer."""
        if not len(self._slots):
            return np.zeros(len(items), np.uint64), np.zeros(len(items), bool)
        slots = self._slots.find(items)
        return self._table["category"][slots], self._table["stock"][slots] <= 0

    def item(self, number: int) -> CatalogItem | None:
        """Return the item's record, None when it is unknown or withdrawn."""
        value = self._values[self._slots.get(number)]
        return None if value is None else msgspec.json.decode(value, type=CatalogItem)

    def records(self, items: NDArray[np.uint64]) -> dict[int, bytes]:
        """Return the JSON of each hash that is known and not withdrawn."""
        values = map(self._values.__getitem__, self._slots.find(items).tolist())
        found = zip(items.tolist(), values, strict=True)
        return {number: value for number, value in found if value is not None}

    def embedding(self, number: int) -> NDArray[np.float64] | None:
        """Return the item's embedding scaled to length 1, None where none, or only zeros, was told."""
        slot = self._slots.get(number)
        if len(self._embeddings) > _DECODED:
            self._embeddings.clear()
        if slot not in self._embeddings:
            self._embeddings[slot] = _unit(self.item(number))
        return self._embeddings[slot]

    def seller(self, number: int) -> str | None:
        """Return who sells the item, None when it is unknown or nobody was named."""
        slot = self._slots.get(number)
        if len(self._sellers) > _DECODED:
            self._sellers.clear()
        if slot not in self._sellers:
            found = self.item(number)
            self._sellers[slot] = None if found is None else found.seller_id
        return self._sellers[slot]

    def on_offer(self) -> Iterator[tuple[int, CatalogItem]]:
        """Yield the hash and the record of every item that is on offer, in the order they came."""
        for slot, value in enumerate(self._values):
            if value is not None and not self._table["stock"][slot] <= 0:
                yield int(self._slots.hashes[slot]), msgspec.json.decode(value, type=CatalogItem)

    def name(self, number: int) -> str | None:
        """Return the text of an item's or category's hash, None when the catalogue has neither."""
        if number in self._categories:
            return self._categories[number]
        found = self.item(number)
        return None if found is None else found.item_id

    def arrivals(self, now_ms: int, limit: int) -> NDArray[np.uint64]:
        """Return the newest known items in stock, newest first, none from after ``now_ms``."""
        return self.arrivals_at(np.array([now_ms], np.int64), limit)[1]

    def arrivals_at(
        self, now_ms: NDArray[np.int64], limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
        """Return (row, item, arrived_ms) of the newest as of each row's ``now_ms``, newest first.

        An item arrives at ``created_ts``, without one at ``ts``; ties go by hash.
        """
        self._newest.refresh(self._arrived_ms, self._slots.hashes)
        rows, slots = self._newest.upto(now_ms, limit)
        return rows, self._slots.hashes[slots], self._arrived_ms[slots]

    def news(self, after_ms: int | None) -> NDArray[Any]:
        """Return and forget what changed since it was last asked (`CHANGE`) and is still so.

        ``after_ms``: versions up to then were news before; None: whatever is known is no news.
        """
        changes = self._news.take()
        if after_ms is None:
            return changes[:0]
        changes = changes[changes["ts_ms"] > after_ms]
        now = self._table[self._slots.find(changes["item"])]
        dearer = now["price_minor"] > changes["price_minor"]
        stands = ~(now["stock"] <= 0) & ~((changes["kind"] == TriggerKind.PRICE_DROP) & dearer)
        standing: NDArray[Any] = changes[stands]
        return standing

    def _upsert(self, version: Version, value: bytes) -> None:
        slot = self._slot(version.number)
        if version.ts_ms < self._ts_ms[slot]:
            return
        self._note_news(slot, version)
        self._ts_ms[slot] = version.ts_ms
        sets = (
            self.places.shop_set(version.shops),
            self.places.country_set(version.warehouses),
            self.places.country_set(version.regions),
        )
        self._put(slot, (*version.attributes, *sets), self._similar.group(*version.group))
        self._values[slot] = value
        if version.category is not None:
            self._categories.setdefault(version.attributes[0], version.category)
        self._applied(slot, version.arrived_ms if version.on_offer else NEVER_MS)

    def _note_news(self, slot: int, version: Version) -> None:
        kind = news_in(self._table[slot], self._ts_ms[slot], version)
        if kind is None:
            return
        if kind == TriggerKind.PRICE_DROP:
            was = self.item(version.number)
            if was is None or was.currency != version.group[2]:
                return
        self._news.note(version, kind)

    def _withdraw(self, number: int) -> None:
        slot = self._slot(number)
        self._put(slot, _WITHDRAWN, NO_GROUP)
        self._values[slot] = None
        self._applied(slot, NEVER_MS)

    def _put(self, slot: int, row: tuple[Any, ...], group: int) -> None:
        """Replace the item's row, and its price among those of similar items."""
        self._embeddings.pop(slot, None)
        self._sellers.pop(slot, None)
        self._similar.move(int(self._group[slot]), float(self._table["price_minor"][slot]), -1)
        self._known -= int(self._table["known"][slot])
        self._table[slot], self._group[slot] = row, group
        self._known += int(self._table["known"][slot])
        self._similar.move(group, row[1], 1)

    def _applied(self, slot: int, arrived_ms: int) -> None:
        self.version += 1
        if self._arrived_ms[slot] != arrived_ms:
            self._arrived_ms[slot] = arrived_ms
            self._newest.touch(slot)

    def _slot(self, number: int) -> int:
        slot = self._slots.get(number)
        if slot == UNKNOWN:
            slot = self._slots.add(number)
            self._values.append(None)
            if slot == len(self._table):
                self._grow()
        return slot

    def _grow(self) -> None:
        """Double the columns."""
        rows = len(self._table)
        never = np.full(rows, NEVER_MS)
        self._table = np.concatenate((self._table, np.zeros(rows, ITEM_ATTRIBUTES)))
        self._group = np.concatenate((self._group, np.zeros(rows, np.int32)))
        self._ts_ms = np.concatenate((self._ts_ms, never))
        self._arrived_ms = np.concatenate((self._arrived_ms, never))


def _unit(item: CatalogItem | None) -> NDArray[np.float64] | None:
    if item is None or not item.embedding:
        return None
    vector = np.nan_to_num(np.array(item.embedding, np.float64))
    with np.errstate(over="ignore"):  # too large to have a length is as good as not told
        length = float(np.sqrt((vector * vector).sum()))
    return vector / length if 0 < length < np.inf else None
