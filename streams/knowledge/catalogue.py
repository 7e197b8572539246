"""The catalogue in memory: columns to compute with, and each item's record to show.

Measured (`python -m benchmarks.job catalogue`): 330 bytes an item besides its JSON (columns 130, slots 24, since then 32, names
and object headers), so a million items of 345 bytes of JSON take 670 MB. Shops and countries are kept once a
set: a chain's shops cost nothing an item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from models.features.places import NOWHERE, Places
from schemas.catalog import CatalogItem
from schemas.ids import hash64
from schemas.money import NO_CURRENCY
from schemas.state import NEVER_MS
from schemas.tables import ITEM_ATTRIBUTES
from schemas.vocabulary import TriggerKind
from streams.knowledge.catalogue_record import CatalogueError, Version, read_version, told_price
from streams.knowledge.newest import Newest
from streams.knowledge.news import CHANGE, News, news_in
from streams.knowledge.reading import Reading
from streams.knowledge.similar_prices import NO_GROUP, SimilarPrices
from streams.knowledge.slots import Slots
from streams.knowledge.versions import NO_ROW, Moved, Span, Versions
from streams.shared.arrays import places as cumcount
from streams.shared.times import LAST_MS

_FIRST_ROWS = 1024
_DECODED = 100_000
"""Embeddings and sellers kept decoded, of items asked for; beyond, they are decoded anew."""
_ASKED_MORE = 16
"""Arrivals asked for beyond those wanted: some are versions that do not hold then."""
_NAN = float("nan")
_NOT_TOLD = (0, _NAN, _NAN, _NAN, _NAN, NO_CURRENCY, NOWHERE, NOWHERE, NOWHERE)
_UNKNOWN = (0, _NAN, _NAN, _NAN, _NAN, _NAN, False, *_NOT_TOLD)
_WITHDRAWN = (0, _NAN, 0.0, _NAN, _NAN, _NAN, False, *_NOT_TOLD)

Times: TypeAlias = NDArray[np.int64] | int


class Catalogue:
    """What can be pushed at a time, as of the records applied so far.

    A record holds from a time on (its Kafka timestamp). Of the records that hold at a time each item's newest
    version (by ``ts``, then by arrival) counts. ``at_ms`` below: that time, for all or of each item.
    ``zero_is_price``: whether the shop says so (`zero_price`); else a price of 0 is none.
    """

    def __init__(self, zero_is_price: bool = False) -> None:
        self.zero_is_price = zero_is_price
        self.reading = Reading()
        self.first_ms = LAST_MS + 1
        """From when on there is a catalogue; after every time while there is none."""
        self._known = 0
        self._slots = Slots()
        self._versions = Versions()
        self._table = np.zeros(_FIRST_ROWS, ITEM_ATTRIBUTES)
        self._table[NO_ROW] = _UNKNOWN
        self._slot = np.zeros(_FIRST_ROWS, np.int64)
        self._item = np.zeros(_FIRST_ROWS, np.uint64)
        self._arrived_ms = np.full(_FIRST_ROWS, NEVER_MS)  # NEVER_MS: not on offer
        self._group = np.zeros(_FIRST_ROWS, np.int32)
        self._values: list[bytes | None] = [None]
        self._free: list[int] = []
        self._categories: dict[int, str] = {}
        self._newest = Newest()
        self._news = News()
        self._similar = SimilarPrices()
        self.places = Places()
        self._embeddings: dict[int, NDArray[np.float64] | None] = {}  # by row, of items asked for
        self._sellers: dict[int, str | None] = {}

    def __len__(self) -> int:
        """Items that are known and not withdrawn, as of everything that was read."""
        return self._known

    @property
    def version(self) -> int:
        """Records that changed something."""
        return self.reading.applied()

    def apply(self, key: bytes | None, value: bytes | None, since_ms: int) -> str | None:
        """Take in a record that holds from ``since_ms`` on; return why it cannot be read, else None.

        A record older (by ``ts``) than the version that holds then changes nothing; at equal
        ``ts`` the later record wins. ``value`` None withdraws the item.
        """
        try:
            name = (key or b"").decode()
            if not name:
                return "the record has no key: it must be the item_id"
            told = None if value is None else read_version(name, value, self.zero_is_price)
            self.put(name, told, value, since_ms)
        except UnicodeDecodeError:
            return "the key is not UTF-8"
        except CatalogueError as error:
            return str(error)
        return None

    def put(self, name: str, version: Version | None, value: bytes | None, since_ms: int) -> None:
        """Let a version hold from ``since_ms`` on, or (None) withdraw the item; ``value``: its JSON."""
        if version is None or value is None:
            self._withdraw(hash64(name), since_ms)
        else:
            self._upsert(version, value, since_ms)
        self.first_ms = min(self.first_ms, since_ms)

    def attributes(self, items: NDArray[np.uint64], at_ms: Times) -> NDArray[Any]:
        """Return `ITEM_ATTRIBUTES` of each hash.

        Unknown: category 0, NaN, ``known`` False; a withdrawn item is the same with stock 0, so
        ``stock <= 0`` means "not on offer" for both sold out and withdrawn.
        """
        rows = self.rows(items, at_ms)
        found: NDArray[Any] = self._table.take(rows)  # a record at once; indexing goes by field
        found["similar_minor"] = self._similar.mean_of_others(
            self._group[rows], found["price_minor"], at_ms
        )
        return found

    def knows(self, items: NDArray[np.uint64], at_ms: Times) -> NDArray[np.bool_]:
        """Tell which hashes are in the catalogue and not withdrawn."""
        known: NDArray[np.bool_] = self._table["known"][self.rows(items, at_ms)]
        return known

    def knows_in_the_end(self, items: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell the same as of everything that was read."""
        return self.knows(items, LAST_MS)

    def offers(
        self, items: NDArray[np.uint64], at_ms: Times
    ) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """Return each hash's category (0: not known) and whether it is known not to be on offer."""
        if not len(self._slots):
            return np.zeros(len(items), np.uint64), np.zeros(len(items), bool)
        rows = self.rows(items, at_ms)
        return self._table["category"][rows], self._table["stock"][rows] <= 0

    def item(self, number: int, at_ms: int) -> CatalogItem | None:
        """Return the item's record, None when it is unknown or withdrawn."""
        slot = np.array([self._slots.get(number)], np.int64)
        return self._record(int(self._versions.rows(slot, at_ms)[0]))

    def records(self, items: NDArray[np.uint64]) -> dict[int, bytes]:
        """Return the newest JSON of each hash that is known and not withdrawn."""
        rows = self._versions.newest_rows(self._slots.find(items))
        values = map(self._values.__getitem__, rows.tolist())
        found = zip(items.tolist(), values, strict=True)
        return {number: value for number, value in found if value is not None}

    def embedding(self, row: int) -> NDArray[np.float64] | None:
        """Return a version's embedding scaled to length 1, None where none, or only zeros, was told."""
        if len(self._embeddings) > _DECODED:
            self._embeddings.clear()
        if row not in self._embeddings:
            self._embeddings[row] = _unit(self._record(row))
        return self._embeddings[row]

    def seller(self, row: int) -> str | None:
        """Return who sells a version, None when it is unknown or nobody was named."""
        if len(self._sellers) > _DECODED:
            self._sellers.clear()
        if row not in self._sellers:
            found = self._record(row)
            self._sellers[row] = None if found is None else found.seller_id
        return self._sellers[row]

    def on_offer(self) -> Iterator[tuple[int, CatalogItem]]:
        """Yield hash and newest record of every item that is on offer, in the order they came."""
        slots = np.arange(1, len(self._slots) + 1)
        for row in self._versions.newest_rows(slots).tolist():
            value = self._values[row]
            if value is not None and not self._table["stock"][row] <= 0:
                yield int(self._item[row]), msgspec.json.decode(value, type=CatalogItem)

    def name(self, number: int) -> str | None:
        """Return the text of an item's or category's hash, None when the catalogue has neither."""
        if number in self._categories:
            return self._categories[number]
        rows = self._versions.rows_of(self._slots.get(number))
        value = next((self._values[row] for row in rows if self._values[row] is not None), None)
        return None if value is None else msgspec.json.decode(value, type=CatalogItem).item_id

    def arrivals(self, now_ms: int, limit: int) -> NDArray[np.uint64]:
        """Return the newest known items in stock, newest first, none from after ``now_ms``."""
        now = np.array([now_ms], np.int64)
        return self.arrivals_at(now, now, limit)[1]

    def arrivals_at(
        self, now_ms: NDArray[np.int64], at_ms: NDArray[np.int64], limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
        """Return (row, item, arrived_ms) of the newest as of each row's ``now_ms``, newest first.

        An item arrives at ``created_ts``, without one at ``ts``; ties go by hash. ``at_ms``: of each row.
        """
        self._newest.refresh(self._arrived_ms, self._item)
        asked = limit + _ASKED_MORE
        while True:
            found, rows = self._newest.upto(now_ms, asked)
            ended = np.bincount(found, minlength=len(now_ms)) < asked
            holds = self._versions.rows(self._slot[rows], at_ms[found]) == rows
            found, rows = found[holds], rows[holds]
            enough = np.bincount(found, minlength=len(now_ms)) >= limit
            if (ended | enough).all():
                break
            asked *= 4
        kept = (cumcount(found) < limit).nonzero()[0]
        found, rows = found[kept], rows[kept]
        return found, self._item[rows], self._arrived_ms[rows]

    def news(self, after_ms: int | None) -> NDArray[Any]:
        """Return and forget what changed since it was last asked (`CHANGE`) and is still so.

        ``after_ms``: versions up to then were news before; None: whatever is known is no news.
        """
        changes = self._news.take()
        if after_ms is None:
            return np.zeros(0, CHANGE)
        changes = changes[changes["ts_ms"] > after_ms]
        now = self._table[self.rows(changes["item"], LAST_MS)]
        as_low = (now["price_minor"] <= changes["price_minor"]) & (
            now["currency"] == changes["currency"]
        )
        stands = ~(now["stock"] <= 0) & ((changes["kind"] != TriggerKind.PRICE_DROP) | as_low)
        standing = np.zeros(int(stands.sum()), CHANGE)
        for name in CHANGE.names or ():
            standing[name] = changes[name][stands]
        return standing

    def rows(self, items: NDArray[np.uint64], at_ms: Times) -> NDArray[np.int64]:
        """Return the number of each hash's version, until the next record is applied; 0: unknown."""
        return self._versions.rows(self._slots.find(items), at_ms)

    def _record(self, row: int) -> CatalogItem | None:
        value = self._values[row]
        if value is None:
            return None
        item = msgspec.json.decode(value, type=CatalogItem)
        return replace(item, price_minor=told_price(item, self.zero_is_price))

    def _upsert(self, version: Version, value: bytes, since_ms: int) -> None:
        slot = self._slot_of(version.number)
        was = self._versions.newest(slot)
        if version.ts_ms >= was.ts_ms:
            self._note_news(was, version)
        sets = (
            self.places.shop_set(version.shops),
            self.places.country_set(version.warehouses),
            self.places.country_set(version.regions),
        )
        row = self._new_row(slot, (*version.attributes, *sets), value)
        self._group[row] = self._similar.group(*version.group)
        self._arrived_ms[row] = version.arrived_ms if version.on_offer else NEVER_MS
        if version.category is not None:
            self._categories.setdefault(version.attributes[0], version.category)
        self._put(slot, Span(since_ms, version.ts_ms, row))

    def _note_news(self, was: Span, version: Version) -> None:
        kind = news_in(self._table[was.row], was.ts_ms, version)
        if kind is not None:
            self._news.note(version, kind)

    def _withdraw(self, number: int, since_ms: int) -> None:
        slot = self._slot_of(number)
        row = self._new_row(slot, _WITHDRAWN, None)
        self._put(slot, Span(since_ms, self._versions.newest(slot).ts_ms, row))

    def _new_row(self, slot: int, attributes: tuple[Any, ...], value: bytes | None) -> int:
        if self._free:
            row = self._free.pop()
            self._values[row] = value
        else:
            row = len(self._values)
            self._values.append(value)
            if row == len(self._table):
                self._grow()
        self._table[row], self._slot[row] = attributes, slot
        self._item[row] = self._slots.hashes[slot]
        self._group[row], self._arrived_ms[row] = NO_GROUP, NEVER_MS
        self._embeddings.pop(row, None)
        self._sellers.pop(row, None)
        return row

    def _put(self, slot: int, span: Span) -> None:
        """Let a row hold from its time on; what never holds (any more) is forgotten."""
        self._known -= int(self._table["known"][self._versions.newest(slot).row])
        moved = self._versions.put(slot, span)
        self._known += int(self._table["known"][self._versions.newest(slot).row])
        if moved is None:
            self._give_up([span.row])
            return
        self.reading.note_applied(span.since_ms)
        if self._arrived_ms[span.row] != NEVER_MS:
            self._newest.touch(span.row)
        self._follow(moved)
        while (moved := self._versions.forget_oldest()) is not None:
            self._follow(moved)

    def _follow(self, moved: Moved) -> None:
        """Move the prices of similar items with the versions, and give up the rows that are gone."""
        prices = self._table["price_minor"]
        for at_ms, before, after, times in moved.changes:
            self._similar.move(int(self._group[before]), float(prices[before]), -times, at_ms)
            self._similar.move(int(self._group[after]), float(prices[after]), times, at_ms)
        self._give_up(moved.gone)

    def _give_up(self, rows: list[int]) -> None:
        for row in rows:
            self._values[row] = None
            if self._arrived_ms[row] != NEVER_MS:
                self._arrived_ms[row] = NEVER_MS
                self._newest.touch(row)
        self._free += rows

    def _slot_of(self, number: int) -> int:
        slot = self._slots.get(number) or self._slots.add(number)
        self._versions.make_room(slot + 1)
        return slot

    def _grow(self) -> None:
        """Double the columns."""
        rows = len(self._table)
        self._table = np.concatenate((self._table, np.zeros(rows, ITEM_ATTRIBUTES)))
        self._group = np.concatenate((self._group, np.zeros(rows, np.int32)))
        self._slot = np.concatenate((self._slot, np.zeros(rows, np.int64)))
        self._item = np.concatenate((self._item, np.zeros(rows, np.uint64)))
        self._arrived_ms = np.concatenate((self._arrived_ms, np.full(rows, NEVER_MS)))


def _unit(item: CatalogItem | None) -> NDArray[np.float64] | None:
    if item is None or not item.embedding:
        return None
    vector = np.nan_to_num(np.array(item.embedding, np.float64))
    with np.errstate(over="ignore"):  # too large to have a length is as good as not told
        length = float(np.sqrt((vector * vector).sum()))
    return vector / length if 0 < length < np.inf else None
