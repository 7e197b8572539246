"""What the pair families read: each pair next to the recent events of its user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import Int64s
from models.features.interests import mean_price
from models.features.places import Places
from models.features.view import Events, events_before, local_times
from models.features.whereabouts import Whereabouts
from schemas.ids import NO_ID
from schemas.state import Ragged, UserState
from schemas.tables import CATEGORY_FACTS

FactsOf = Callable[[NDArray[np.uint64]], NDArray[Any]]
"""`CATEGORY_FACTS` of category hashes."""


def nothing_told(categories: NDArray[np.uint64]) -> NDArray[Any]:
    """Return `CATEGORY_FACTS` without an epoch: all NaN."""
    return np.full(len(categories), np.nan, np.float32).astype(CATEGORY_FACTS)


@dataclass(slots=True, frozen=True)
class Around:
    """Where users (a row each: ``zones``, ``where``) and items (``places``) are."""

    zones: list[str]
    where: Whereabouts
    places: Places = field(default_factory=Places)

    @classmethod
    def unknown(cls, users: int) -> Around:
        """Nobody told anything."""
        return cls(["UTC"] * users, Whereabouts.unknown(users))


@dataclass(slots=True, frozen=True)
class PairView:
    """``m`` user x item pairs; ``due`` is the row of the user in ``now_ms`` and ``events``.

    ``hit_pair``, ``hit_event``: which event of the user concerns the pair's item or category,
    pair by pair, oldest event first; ``same_item``: it is the very item. ``where``, ``context`` and
    ``local_now_ms`` have a row a user, ``places`` is what ``attributes`` name by number. ``mean_price``:
    what the user usually looks at costs, NaN unless told in the currency of the item's price.
    """

    due: Int64s
    item: NDArray[np.uint64]
    category: NDArray[np.uint64]
    attributes: NDArray[Any]
    facts: NDArray[Any]
    source_score: NDArray[np.float32]
    now_ms: Int64s
    events: Events
    mean_price: NDArray[np.float64]
    hit_pair: Int64s
    hit_event: Int64s
    same_item: NDArray[np.bool_]
    same_category: NDArray[np.bool_]
    local_now_ms: Int64s
    where: Whereabouts
    places: Places
    context: Ragged

    def __len__(self) -> int:
        """Pairs."""
        return len(self.due)


def pair_view(
    state: UserState,
    due: Int64s,
    item: NDArray[np.uint64],
    category: NDArray[np.uint64],
    attributes: NDArray[Any],
    facts_of: FactsOf,
    source_score: NDArray[np.float32],
    now_ms: Int64s,
    around: Around,
) -> PairView:
    """Return the view; a pair without a category has the one the catalogue gives its item."""
    now_ms, due = np.asarray(now_ms, np.int64), np.asarray(due, np.int64)
    category = np.where(category == NO_ID, attributes["category"], category)
    events = events_before(state, now_ms)
    lengths = events.rows.lengths[due]
    event = _beside(due, events, lengths)
    same_item = _same(item, events.rows.data["item"], event, lengths)
    same_category = _same(category, events.rows.data["category"], event, lengths)
    hit = (same_item | same_category).nonzero()[0]
    pair = np.arange(len(due)).repeat(lengths)
    usual, currency = mean_price(events, len(state))
    usual = np.where(currency[due] == attributes["currency"], usual[due], np.nan)
    return PairView(
        due, item, category, attributes, facts_of(category), source_score, now_ms, events,
        usual, pair[hit], event[hit], same_item[hit],
        same_category[hit], local_times(now_ms, around.zones), around.where, around.places,
        state.context,
    )  # fmt: skip


def _beside(due: Int64s, events: Events, lengths: Int64s) -> Int64s:
    """The events of each pair's user, pair after pair."""
    ends: Int64s = lengths.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    first = events.rows.offsets[:-1][due]
    event: Int64s = np.arange(total) + (first - (ends - lengths)).repeat(lengths)
    return event


def _same(
    wanted: NDArray[np.uint64], told: NDArray[np.uint64], event: Int64s, lengths: Int64s
) -> NDArray[np.bool_]:
    """Where the event is about what the pair wants; "none" is never the same as "none"."""
    same: NDArray[np.bool_] = np.ascontiguousarray(told)[event] == wanted.repeat(lengths)
    same &= (wanted != NO_ID).repeat(lengths)
    return same
