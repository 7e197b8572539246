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
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from schemas.globals import Activity, Epoch, Signals, Wakes
from schemas.globals import Demand as DemandTold
from schemas.ids import NO_ID, hash64
from schemas.state import NEVER_MS
from streams.knowledge.shelf import Shelf
from streams.learner.contained import Contained
from streams.learner.counts import Bounds, Counts
from streams.learner.described import Describer, Said
from streams.learner.digest import fitted
from streams.learner.exposure import Exposure
from streams.learner.facts import Facts
from streams.learner.kept import Kept, dump, load
from streams.learner.names import Names
from streams.learner.popular import Packed, Parts, Table, parts_of, table_of
from streams.learner.shared_purchases import SharedPurchases
from streams.learner.similar import MAX_SOURCES, Similar
from streams.learner.start import Start
from streams.learner.wakes import WakeQueue
from streams.settings import Settings

__all__ = ["Bounds", "Learner"]

STATE_VERSION = 1
"""Of what `dump` returns: another one is not taken up."""


class Learner(Kept):
    """Counts demand and meetings of items; `epoch` says what follows from them."""

    KEEPS = (
        "stream_ms",
        "_buffer",
        "_buffered",
        "_names",
        "_counts",
        "_exposure",
        "_similar",
        "_wakes",
        "_shared",
        "_describer",
    )

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
        self.made_with = f"state {STATE_VERSION}, {settings.default_timezone}, {settings.app_id}"
        """What another must be made with to go on from its state."""
        self._chunk = bounds.chunk
        self._list_length = settings.candidates_per_source
        self._buffer: list[NDArray[Any]] = []
        self._buffered = 0
        self._names = Names()
        self._contained = Contained()
        self._counts = Counts(settings, bounds, start, self._contained)
        self._exposure = Exposure()
        self._similar = Similar()
        self._wakes = WakeQueue(settings.news_users)
        self._shared = SharedPurchases()
        self._describer = Describer(word)
        self._shelf = Shelf({}, [])

    def check(self, signals: Signals) -> None:
        """Raise what `absorb` would raise, change nothing."""
        Facts.of(signals)

    def absorb(self, signals: Signals) -> None:
        """Take in one batch's signals, in the order of its partition.

        Raises:
            ValueError: the columns do not fit together or a time cannot be; nothing is absorbed then.
            OverflowError: likewise, the partition.
        """
        facts = Facts.of(signals)
        rows = facts.rows
        if signals.back_ms:
            self._bring_back(signals.back_ms)
        self._exposure.add(facts.pushed, facts.pushed_ms)
        self._take_shared(facts)
        self._names.tell(signals.names)
        self.stream_ms = max(self.stream_ms, signals.stream_ms)
        self._buffer.append(rows)
        self._buffered += len(rows)
        if self._buffered >= self._chunk:
            waiting = np.concatenate(self._buffer)
            whole = len(waiting) - len(waiting) % self._chunk
            self._buffer, self._buffered = [waiting[whole:]], len(waiting) - whole
            for start in range(0, whole, self._chunk):
                self._count(waiting[start : start + self._chunk])

    def _bring_back(self, to_ms: int) -> None:
        """Go on from ``to_ms``; what was counted of later hours waits until they come."""
        self._count_waiting()
        self.stream_ms = to_ms
        self._counts.forecasts.bring_back(to_ms)
        self._similar.forget()
        self._describer.forget()

    def dump(self) -> bytes:
        """Return all it knows, but for the shelf, which comes with each epoch."""
        return dump(self)

    def load(self, state: bytes) -> None:
        """Go on from a state that `dump` returned, made with the same settings.

        Raises:
            ValueError, KeyError, TypeError: it is none; what this learner then knows is not defined.
        """
        load(self, state)

    def left_out(self) -> list[str]:
        """Return and forget what could not be counted or told since this was asked last."""
        return self._contained.take()

    def hear(self, changes: NDArray[Any]) -> None:
        """Take in what changed in the catalogue (`streams.knowledge.news.CHANGE`)."""
        self._wakes.hear(changes)

    def _take_shared(self, facts: Facts) -> None:
        """What friends may hear of; of a user who withdraws that nothing from before is kept."""
        if len(facts.unshared):
            self._shared.forget(facts.unshared)
        told = facts.rows[facts.shared & (facts.rows["items"] != NO_ID)]
        self._contained.count("bought_by", self._add_shared, told)

    def _add_shared(self, told: NDArray[Any]) -> None:
        self._shared.add(told["users"], told["items"], told["types"], told["ts_ms"])

    def known(self) -> NDArray[np.uint64]:
        """Return the items that are met most: those whose records `read` wants."""
        self._count_waiting()
        occurred = self._counts.occurred()
        slots = np.argsort(-occurred, kind="stable")[:MAX_SOURCES]
        return self._counts.items.column("hash").astype(np.uint64)[slots[occurred[slots] > 0]]

    def read(self, shelf: Shelf) -> None:
        """Take in what the catalogue says of `known` and of new items, for the epochs from now on."""
        self._shelf = shelf

    def epoch(self, number: int, holds_from_ms: int, catalog_version: int) -> Epoch:
        """Return what the signals absorbed so far say, as of ``holds_from_ms``.

        Encoded as MessagePack it has at most `MAX_EPOCH_BYTES`, unless names alone have more. What is older than the windows is
        forgotten on the way, so ``holds_from_ms`` goes back only after signals that bring time back.
        """
        self._count_waiting()
        counts, part = self._counts, self._contained.part
        if self._similar.due(counts.meetings, holds_from_ms):
            counts.meetings.expire(counts.last_ms(), holds_from_ms)
        self._names.forget(holds_from_ms, counts.named)
        table = self._table(holds_from_ms)
        neighbours: dict[int, Packed] = part(
            "neighbours",
            lambda: self._similar.lists(table, counts.meetings, holds_from_ms, self._list_length),
            {},
        )
        head = Epoch(
            number=number,
            holds_from_ms=holds_from_ms,
            catalog_version=catalog_version,
            **self._head(holds_from_ms, neighbours),
        )
        return fitted(head, self._parts(table, holds_from_ms), table, neighbours, self._names.texts)

    def _table(self, now_ms: int) -> Table:
        items = self._counts.items
        none = np.zeros(len(items), np.int64)
        demand = self._contained.part(
            "demand", lambda: self._counts.demand.of(len(items), now_ms), none
        )
        return table_of(items, demand, self._names.texts)

    def _parts(self, table: Table, now_ms: int) -> Parts:
        """What is in demand: everywhere, near a place, in a segment, among friends."""
        part, length = self._contained.part, self._list_length
        asked = (table, now_ms, self._names.texts, length)
        nothing: dict[int, Packed] = {}
        return parts_of(
            table, now_ms, length,
            part("cell_trending", lambda: self._counts.near.of(*asked), nothing),
            part("segment_trending", lambda: self._counts.segments.of(*asked), nothing),
            part("bought_by", lambda: self._bought_by(table, now_ms), nothing),
        )  # fmt: skip

    def _head(self, now_ms: int, neighbours: dict[int, Packed]) -> dict[str, Any]:
        """The fields of an epoch that are no lists of items in demand."""
        part, counts = self._contained.part, self._counts
        unknown: tuple[Packed, float | None] = ((b"", b""), None)
        exposure, cold_share = part(
            "exposure", lambda: self._exposure.told(now_ms, neighbours), unknown
        )
        said = part("described", lambda: self._said(now_ms), Said({}, {}))
        return {
            "demand": part("forecasts", lambda: self._demand_told(now_ms), DemandTold()),
            "activity": part("activity", lambda: counts.activity.activity(now_ms), Activity()),
            "exposure": exposure,
            "cold_share": cold_share,
            "wakes": part(
                "wakes", lambda: self._wakes.told(now_ms, counts.items, counts.visits), Wakes()
            ),
            "described": said.alike,
            "words": said.words,
        }

    def _bought_by(self, table: Table, now_ms: int) -> dict[int, Packed]:
        """What friends may hear of, of items that have a name."""
        if not len(self._shared):
            return {}
        items = self._shared.items()
        slots = self._counts.items.find(items)  # none where it was only given back
        items, slots = items[slots >= 0], slots[slots >= 0]
        return self._shared.told(now_ms, items[table.named[slots]])

    def _said(self, now_ms: int) -> Said:
        """What the newest shelf says, of items that were met as often as they were by now."""
        numbers = np.array(list(self._shelf.records), np.uint64)
        slots = self._counts.items.find(numbers)
        met = np.append(self._counts.occurred(), 0)[slots]  # the last is for "no item"
        occurred = {n: m for n, m in zip(numbers.tolist(), met.tolist(), strict=True) if m}
        return self._describer.say(self._shelf, occurred, now_ms)

    def _demand_told(self, now_ms: int) -> DemandTold:
        """The forecasts' columns, and what is known of the seasons and intervals of the same."""
        told = self._counts.forecasts.demand(now_ms)
        keys = np.frombuffer(told.keys, "<u8")
        return replace(
            told,
            season=self._counts.seasons.of(keys, now_ms).astype("<f4").tobytes(),
            repurchase_days=self._counts.intervals.days(keys).astype("<f4").tobytes(),
        )

    def _count_waiting(self) -> None:
        if self._buffered:
            waiting = np.concatenate(self._buffer)
            self._buffer, self._buffered = [], 0
            self._count(waiting)

    def _count(self, rows: NDArray[Any]) -> None:
        if self._counts.add(rows):
            self._similar.forget()
