"""The learner: absorbs the partitions' signals, publishes what all users share as epochs.

Pure and deterministic: no clock, no randomness. Events count in fixed chunks of the sequence, so
how it was cut into records does not matter; every count is an integer sum, so (below the bounds)
neither does the order in which the records of different partitions arrive. A user lives in one
partition, whose records come in order.

Bounds: one million items (72 bytes and a name each), 4 million item-hours and 4 million pairs (16
bytes each), twice 500,000 users (116 bytes each), 2 million user x category pairs (24 bytes each):
about 500 MB, and 300 MB more while merging.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from schemas.columns import rows_of
from schemas.globals import Demand as DemandTold
from schemas.globals import Epoch, Signals
from schemas.ids import NO_ID, hash64
from schemas.state import NEVER_MS
from schemas.vocabulary import EventType
from streams.knowledge.shelf import Shelf
from streams.learner.activity import ActivityCounts
from streams.learner.demand import WEIGHT_OF, Demand
from streams.learner.described import Describer, Said
from streams.learner.digest import fitted
from streams.learner.exposure import Exposure
from streams.learner.forecasts import Forecasts
from streams.learner.items import MAX_ITEMS, Items
from streams.learner.meetings import MeetingCounts
from streams.learner.near import NearDemand, cells_beside, nothing_beside
from streams.learner.popular import Packed, Table, parts_of, table_of
from streams.learner.repurchase import Intervals
from streams.learner.seasons import Seasons
from streams.learner.shared_purchases import SharedPurchases
from streams.learner.similar import MAX_SOURCES, Similar
from streams.learner.start import Start
from streams.learner.visits import Visits
from streams.learner.wakes import WakeQueue
from streams.settings import Settings

CHUNK = 16_384
"""Events counted at once: large enough for arrays to pay, some 50 ms of work."""
MAX_USERS = 500_000
"""Users whose history is remembered, for visits and for purchases each."""
MAX_NAMES = 2_500_000
"""Texts remembered: a partition sends each once, so what an item may need later is kept."""

_COLUMNS = {"users": "<u8", "items": "<u8", "categories": "<u8", "types": "u1", "ts_ms": "<i8"}
_ROW = np.dtype([*_COLUMNS.items(), ("cells", "<u8"), ("segments", "<u8"), ("partitions", "<u4")])


@dataclass(slots=True, frozen=True)
class Bounds:
    """How much the learner remembers; see the module's text."""

    users: int = MAX_USERS
    items: int = MAX_ITEMS
    chunk: int = CHUNK


class Learner:
    """Counts demand and meetings of items; `epoch` says what follows from them."""

    def __init__(
        self,
        settings: Settings,
        bounds: Bounds | None = None,
        start: Start | None = None,
        word: Callable[[str], int] = hash64,
    ) -> None:
        """``word``: hash of a word, as `streams.pipeline.accept` hashes those of a search."""
        bounds, start = bounds or Bounds(), start or Start()
        self.stream_ms = NEVER_MS
        """Largest stream time any partition reported."""
        self._chunk = bounds.chunk
        self._list_length = settings.candidates_per_source
        self._buffer: list[NDArray[Any]] = []
        self._buffered = 0
        self._names: dict[int, str] = {}
        self._items = Items(bounds.items)
        self._demand = Demand()
        self._near = NearDemand(cells_beside)
        self._segments = NearDemand(nothing_beside)
        self._exposure = Exposure()
        self._forecasts = Forecasts(start.plan, settings.default_timezone)
        self._activity = ActivityCounts(settings.default_timezone, start.activity, bounds.users)
        self._seasons = Seasons()
        self._intervals = Intervals()
        self._meetings = MeetingCounts()
        self._similar = Similar()
        self._visits = Visits(bounds.users)
        self._orders = Visits(bounds.users)
        self._wakes = WakeQueue(settings.news_users)
        self._shared = SharedPurchases()
        self._describer = Describer(word)
        self._shelf = Shelf({}, [])

    def absorb(self, signals: Signals) -> None:
        """Take in one batch's signals, in the order of its partition.

        Raises:
            ValueError: the columns are not of equal length; nothing is absorbed then.
        """
        rows = _rows(signals)
        rows["partitions"] = signals.partition
        pushed = np.frombuffer(signals.pushed, "<u8"), np.frombuffer(signals.pushed_ms, "<i8")
        if len(pushed[0]) != len(pushed[1]):
            raise ValueError(f"{len(pushed[0])} pushes at {len(pushed[1])} times")
        self._exposure.add(*pushed)
        self._take_shared(signals, rows)
        self._names.update(signals.names)
        self.stream_ms = max(self.stream_ms, signals.stream_ms)
        self._buffer.append(rows)
        self._buffered += len(rows)
        if self._buffered >= self._chunk:
            waiting = np.concatenate(self._buffer)
            whole = len(waiting) - len(waiting) % self._chunk
            for start in range(0, whole, self._chunk):
                self._count(waiting[start : start + self._chunk])
            self._buffer, self._buffered = [waiting[whole:]], len(waiting) - whole

    def hear(self, changes: NDArray[Any]) -> None:
        """Take in what changed in the catalogue (`streams.knowledge.news.CHANGE`)."""
        self._wakes.hear(changes)

    def _take_shared(self, signals: Signals, rows: NDArray[Any]) -> None:
        """What friends may hear of; of a user who withdraws that nothing from before is kept."""
        if signals.unshared:
            self._shared.forget(np.frombuffer(signals.unshared, "<u8"))
        if signals.shared:
            told = rows[np.frombuffer(signals.shared, "?") & (rows["items"] != NO_ID)]
            self._shared.add(told["users"], told["items"], told["types"], told["ts_ms"])

    def known(self) -> NDArray[np.uint64]:
        """Return the items that are met most: those whose records `read` wants."""
        self._count_waiting()
        occurred = self._occurred()
        slots = np.argsort(-occurred, kind="stable")[:MAX_SOURCES]
        return self._items.column("hash").astype(np.uint64)[slots[occurred[slots] > 0]]

    def read(self, shelf: Shelf) -> None:
        """Take in what the catalogue says of `known` and of new items, for the epochs from now on."""
        self._shelf = shelf

    def epoch(self, number: int, holds_from_ms: int, catalog_version: int) -> Epoch:
        """Return what the signals absorbed so far say, as of ``holds_from_ms``.

        Encoded as MessagePack it is smaller than 4 MiB. What is older than the windows is
        forgotten on the way, so ``holds_from_ms`` must not go back.
        """
        self._count_waiting()
        if self._similar.due(self._meetings, holds_from_ms):
            self._meetings.expire(self._last_ms(), holds_from_ms)
        self._forget_names()
        demand = self._demand.of(len(self._items), holds_from_ms)
        table = table_of(self._items, demand, self._names)
        near = self._near.of(table, holds_from_ms, self._names, self._list_length)
        of = self._segments.of(table, holds_from_ms, self._names, self._list_length)
        bought = self._bought_by(table, holds_from_ms)
        parts = parts_of(table, holds_from_ms, self._list_length, near, of, bought)
        lists = self._similar.lists(table, self._meetings, holds_from_ms, self._list_length)
        exposure, cold_share = self._exposure.told(holds_from_ms, lists)
        said = self._said(holds_from_ms)
        head = Epoch(
            number=number,
            holds_from_ms=holds_from_ms,
            catalog_version=catalog_version,
            demand=self._demand_told(holds_from_ms),
            activity=self._activity.activity(holds_from_ms),
            exposure=exposure,
            cold_share=cold_share,
            wakes=self._wakes.told(holds_from_ms, self._items, self._visits),
            described=said.alike,
            words=said.words,
        )
        return fitted(head, parts, table, lists, self._names)

    def _bought_by(self, table: Table, now_ms: int) -> dict[int, Packed]:
        """What friends may hear of, of items that have a name."""
        if not len(self._shared):
            return {}
        items = self._shared.items()
        slots = self._items.find(items)  # none where it was only given back
        items, slots = items[slots >= 0], slots[slots >= 0]
        return self._shared.told(now_ms, items[table.named[slots]])

    def _said(self, now_ms: int) -> Said:
        """What the newest shelf says, of items that were met as often as they were by now."""
        numbers = np.array(list(self._shelf.records), np.uint64)
        slots = self._items.find(numbers)
        met = np.append(self._occurred(), 0)[slots]  # the last is for "no item"
        occurred = {n: m for n, m in zip(numbers.tolist(), met.tolist(), strict=True) if m}
        return self._describer.say(self._shelf, occurred, now_ms)

    def _occurred(self) -> NDArray[np.int64]:
        """In how many histories of visits and of purchases each item is, by slot."""
        items = self._items
        return items.column("entries").astype(np.int64) + items.column("orders").astype(np.int64)

    def _demand_told(self, now_ms: int) -> DemandTold:
        """The forecasts' columns, and what is known of the seasons and intervals of the same."""
        told = self._forecasts.demand(now_ms)
        keys = np.frombuffer(told.keys, "<u8")
        return replace(
            told,
            season=self._seasons.of(keys, now_ms).astype("<f4").tobytes(),
            repurchase_days=self._intervals.days(keys).astype("<f4").tobytes(),
        )

    def _count_waiting(self) -> None:
        if self._buffered:
            self._count(np.concatenate(self._buffer))
            self._buffer, self._buffered = [], 0

    def _count(self, rows: NDArray[Any]) -> None:
        self._activity.add(rows["users"], rows["ts_ms"])
        rows = rows[WEIGHT_OF[rows["types"]] > 0]
        self._forecasts.add(rows["categories"], rows["ts_ms"])
        self._seasons.add(rows["categories"], rows["ts_ms"])
        bought = rows[rows["types"] == EventType.PURCHASE]
        self._intervals.add(bought["users"], bought["categories"], bought["ts_ms"])
        rows = rows[rows["items"] != NO_ID]
        users, ts_ms, homes = rows["users"], rows["ts_ms"], rows["partitions"]
        slots = self._items.see(rows["items"], rows["categories"], ts_ms)
        self._demand.add(slots, ts_ms, WEIGHT_OF[rows["types"]])
        self._near.add(rows["cells"], slots, ts_ms, WEIGHT_OF[rows["types"]])
        self._segments.add(rows["segments"], slots, ts_ms, WEIGHT_OF[rows["types"]])
        met = self._visits.enter(users, slots, ts_ms, homes)
        self._items.count("entries", met.entered)
        self._meetings.add(met)
        bought = rows["types"] == EventType.PURCHASE
        met = self._orders.enter(users[bought], slots[bought], ts_ms[bought])
        self._items.count("orders", met.entered)
        self._meetings.add(met, orders=True)
        self._meetings.prune(self._last_ms())
        self._forget_items()

    def _forget_items(self) -> None:
        renumbered = self._items.forget()
        if renumbered is None:
            return
        for part in (
            self._demand,
            self._near,
            self._segments,
            self._meetings,
            self._visits,
            self._orders,
        ):
            part.rename(renumbered)
        self._similar.forget()

    def _forget_names(self) -> None:
        """Keep the names of items, categories and cells; the partitions also name what is neither."""
        if len(self._names) > MAX_NAMES:
            used = {*self._items.column("hash").tolist(), *self._items.column("category").tolist()}
            used |= self._near.cells() | self._segments.cells()
            self._names = {number: self._names[number] for number in used & self._names.keys()}

    def _last_ms(self) -> NDArray[np.int64]:
        return self._items.column("last_ms").astype(np.int64)


def _rows(signals: Signals) -> NDArray[Any]:
    rows = rows_of(signals, _COLUMNS, _ROW)
    if len(signals.shared) not in (0, len(rows)):
        raise ValueError(f"{len(signals.shared)} times whether it is shared of {len(rows)} facts")
    for name in ("cells", "segments"):
        if told := getattr(signals, name):
            column = np.frombuffer(told, "<u8")
            if len(column) != len(rows):
                raise ValueError(f"{len(column)} {name} of {len(rows)} facts")
            rows[name] = column
    return rows
