"""Everything the learner counts, chunk by chunk of the facts; no part knows another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.vocabulary import EventType
from streams.learner.activity import ActivityCounts
from streams.learner.contained import Contained
from streams.learner.demand import WEIGHT_OF, Demand
from streams.learner.forecasts import Forecasts
from streams.learner.items import MAX_ITEMS, Items
from streams.learner.kept import Kept
from streams.learner.meetings import MeetingCounts
from streams.learner.near import NearDemand, cells_beside, nothing_beside
from streams.learner.repurchase import Intervals
from streams.learner.seasons import Seasons
from streams.learner.start import Start
from streams.learner.visits import Visits
from streams.settings import Settings

CHUNK = 16_384
"""Events counted at once: large enough for arrays to pay, some 50 ms of work."""
MAX_USERS = 500_000
"""Users whose history is remembered, for visits and for purchases each."""
_NO_SLOT = -1


@dataclass(slots=True, frozen=True)
class Bounds:
    """How much the learner remembers; see the text of `streams.learner.learner`."""

    users: int = MAX_USERS
    items: int = MAX_ITEMS
    chunk: int = CHUNK


class Counts(Kept):
    """The parts, and how a chunk goes into each of them."""

    KEEPS = (
        "items",
        "demand",
        "near",
        "segments",
        "forecasts",
        "activity",
        "seasons",
        "intervals",
        "meetings",
        "visits",
        "orders",
    )

    def __init__(
        self, settings: Settings, bounds: Bounds, start: Start, contained: Contained
    ) -> None:
        self._contained = contained
        self.items = Items(bounds.items)
        self.demand = Demand()
        self.near = NearDemand(cells_beside)
        self.segments = NearDemand(nothing_beside)
        """By segment instead of by cell: none touches another."""
        self.forecasts = Forecasts(start.plan, settings.default_timezone)
        self.activity = ActivityCounts(settings.default_timezone, start.activity, bounds.users)
        self.seasons = Seasons()
        self.intervals = Intervals()
        self.meetings = MeetingCounts()
        self.visits = Visits(bounds.users)
        self.orders = Visits(bounds.users)

    def add(self, rows: NDArray[Any]) -> bool:
        """Count facts (`streams.learner.facts.ROW`); return whether items were forgotten.

        Rows that one part cannot count still count in the others.
        """
        count = self._contained.count
        count("activity", self._add_activity, rows)
        rows = rows[WEIGHT_OF[rows["types"]] > 0]
        count("forecasts", self._add_forecasts, rows)
        count("seasons", self._add_seasons, rows)
        count("intervals", self._add_intervals, rows[rows["types"] == EventType.PURCHASE])
        rows = rows[rows["items"] != NO_ID]
        rows["slots"] = _NO_SLOT
        count("items", self._see, rows)
        rows = rows[rows["slots"] != _NO_SLOT]
        count("demand", self._add_demand, rows)
        count("cells", self._add_cells, rows)
        count("segments", self._add_segments, rows)
        count("visits", self._add_visits, rows)
        count("orders", self._add_orders, rows[rows["types"] == EventType.PURCHASE])
        self.meetings.prune(self.last_ms())
        return self._forget_items()

    def last_ms(self) -> NDArray[np.int64]:
        """When each item was last seen, by slot."""
        return self.items.column("last_ms").astype(np.int64)

    def occurred(self) -> NDArray[np.int64]:
        """In how many histories of visits and of purchases each item is, by slot."""
        items = self.items
        return items.column("entries").astype(np.int64) + items.column("orders").astype(np.int64)

    def named(self) -> set[int]:
        """The hashes of items, categories, cells and segments: what an epoch may name."""
        found = {*self.items.column("hash").tolist(), *self.items.column("category").tolist()}
        return found | self.near.cells() | self.segments.cells()

    def _add_activity(self, rows: NDArray[Any]) -> None:
        self.activity.add(rows["users"], rows["ts_ms"])

    def _add_forecasts(self, rows: NDArray[Any]) -> None:
        self.forecasts.add(rows["categories"], rows["ts_ms"])

    def _add_seasons(self, rows: NDArray[Any]) -> None:
        self.seasons.add(rows["categories"], rows["ts_ms"])

    def _add_intervals(self, bought: NDArray[Any]) -> None:
        self.intervals.add(bought["users"], bought["categories"], bought["ts_ms"])

    def _see(self, rows: NDArray[Any]) -> None:
        rows["slots"] = self.items.see(rows["items"], rows["categories"], rows["ts_ms"])

    def _add_demand(self, rows: NDArray[Any]) -> None:
        self.demand.add(rows["slots"], rows["ts_ms"], WEIGHT_OF[rows["types"]])

    def _add_cells(self, rows: NDArray[Any]) -> None:
        self.near.add(rows["cells"], rows["slots"], rows["ts_ms"], WEIGHT_OF[rows["types"]])

    def _add_segments(self, rows: NDArray[Any]) -> None:
        self.segments.add(rows["segments"], rows["slots"], rows["ts_ms"], WEIGHT_OF[rows["types"]])

    def _add_visits(self, rows: NDArray[Any]) -> None:
        met = self.visits.enter(rows["users"], rows["slots"], rows["ts_ms"], rows["partitions"])
        self.items.count("entries", met.entered)
        self.meetings.add(met)

    def _add_orders(self, bought: NDArray[Any]) -> None:
        met = self.orders.enter(bought["users"], bought["slots"], bought["ts_ms"])
        self.items.count("orders", met.entered)
        self.meetings.add(met, orders=True)

    def _forget_items(self) -> bool:
        renumbered = self.items.forget()
        if renumbered is None:
            return False
        parts = (
            self.demand, self.near, self.segments, self.meetings, self.visits, self.orders
        )  # fmt: skip
        for part in parts:
            part.rename(renumbered)
        return True
