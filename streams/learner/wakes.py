"""Who is to be asked about what changed in the catalogue: users who care, so many an epoch.

A lower price or new stock is for those who touched the item lately, a new item for those who touched
several of its category. The learner has seen everybody's events, so a worker keeps no index of who
watches what; what a user's own row says then decides (`streams.pipeline.trigger.news`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.globals import Wakes
from schemas.ids import NO_ID
from schemas.vocabulary import TriggerKind
from streams.learner.items import Items
from streams.learner.kept import Kept
from streams.learner.visits import Visits
from streams.shared.arrays import places, runs

LEAST_OF_CATEGORY = 3
"""Items of a category among a user's last 20 from which on a new one is news."""
MOST_CATEGORIES = 64
"""Categories with new items that are looked at in one epoch, the newest; it bounds the counting."""
NEWS_LIFE_MS = 6 * 3_600_000
"""Who could not be asked within this time is not asked: old news."""
MOST_WAITING = 100_000
MOST_TOLD = 20_000
"""Rows an epoch carries at most: 420 KB."""

_WAKE = np.dtype(
    [
        ("user", "<u8"),
        ("home", "<u4"),
        ("item", "<u8"),
        ("kind", "u1"),
        ("ts_ms", "<i8"),
        ("far", "<i4"),  # 0: the user's latest item; of a category, minus the items touched
    ]
)


class WakeQueue(Kept):
    """Changes become wakes with the next epoch; those beyond its pace wait for a later one."""

    KEEPS = ("_changes", "_waiting")

    def __init__(self, users_per_epoch: int) -> None:
        """``users_per_epoch``: users of one partition that an epoch asks."""
        self._pace = users_per_epoch
        self._changes: list[NDArray[Any]] = []
        self._waiting = np.zeros(0, _WAKE)

    def hear(self, changes: NDArray[Any]) -> None:
        """Take in changes (`streams.knowledge.news.CHANGE`)."""
        if len(changes) and self._pace:
            self._changes.append(changes)

    def told(self, now_ms: int, items: Items, visits: Visits) -> Wakes:
        """Return who is asked with an epoch that holds from ``now_ms``."""
        if self._changes:
            changes, self._changes = np.concatenate(self._changes), []
            fresh = [*_watchers(changes, items, visits), *_followers(changes, items, visits)]
            self._waiting = _one_a_kind(np.concatenate([self._waiting, *fresh]))
        if not len(self._waiting):
            return Wakes()
        rows = self._waiting[self._waiting["ts_ms"] > now_ms - NEWS_LIFE_MS]
        rows = rows[
            np.lexsort((rows["user"], rows["kind"], rows["far"], rows["ts_ms"], rows["home"]))
        ]
        pace = min(self._pace, MOST_TOLD // max(len(runs(rows["home"])), 1))
        now = places(rows["home"]) < pace
        self._waiting = rows[~now][:MOST_WAITING]
        return _packed(rows[now])


def _watchers(changes: NDArray[Any], items: Items, visits: Visits) -> list[NDArray[Any]]:
    """Wakes of users who touched an item that costs less or is there again."""
    slots = items.find(changes["item"])
    mine = (changes["kind"] != TriggerKind.NEW_ARRIVAL) & (slots >= 0)
    changes, slots = changes[mine], slots[mine]
    found = []
    for kind in (TriggerKind.PRICE_DROP, TriggerKind.RESTOCK):
        here = changes["kind"] == kind
        if here.any():
            which = np.full(len(items) + 1, -1)  # the last is for "no item"
            which[slots[here]] = np.flatnonzero(here)
            found += [_touched(changes, which, *part) for part in visits.histories()]
    return found


def _touched(
    changes: NDArray[Any], which: NDArray[np.int64], users: Any, homes: Any, held: Any
) -> NDArray[Any]:
    change = which[held]
    row, place = np.nonzero(change >= 0)
    return _wakes(users[row], homes[row], changes[change[row, place]], place)


def _followers(changes: NDArray[Any], items: Items, visits: Visits) -> list[NDArray[Any]]:
    """Wakes of users who touched several items of a category in which one is new."""
    new = (changes["kind"] == TriggerKind.NEW_ARRIVAL) & (changes["category"] != NO_ID)
    changes = changes[new][::-1]  # the newest of a category, the newest categories
    _, first = np.unique(changes["category"], return_index=True)
    changes = changes[np.sort(first)[:MOST_CATEGORIES]]
    if not len(changes):
        return []
    order = np.argsort(changes["category"])
    changes = changes[order]
    category = items.column("category").astype(np.uint64)
    at = np.minimum(np.searchsorted(changes["category"], category), len(changes) - 1)
    which = np.where(changes["category"][at] == category, at, -1)
    which = np.append(which, -1)
    return [_interested(changes, which, *part) for part in visits.histories()]


def _interested(
    changes: NDArray[Any], which: NDArray[np.int64], users: Any, homes: Any, held: Any
) -> NDArray[Any]:
    group = which[held]
    row, place = np.nonzero(group >= 0)
    key = row * len(changes) + group[row, place]
    count = np.bincount(key, minlength=len(users) * len(changes)).reshape(len(users), -1)
    row, change = np.nonzero(count >= LEAST_OF_CATEGORY)
    return _wakes(users[row], homes[row], changes[change], -count[row, change])


def _wakes(users: Any, homes: Any, changes: NDArray[Any], far: Any) -> NDArray[Any]:
    rows = np.zeros(len(users), _WAKE)
    rows["user"], rows["home"], rows["far"] = users, homes, far
    for name in ("item", "kind", "ts_ms"):
        rows[name] = changes[name]
    return rows


def _one_a_kind(rows: NDArray[Any]) -> NDArray[Any]:
    """Of a user's wakes of a kind keep what is nearest, then newest."""
    order = np.lexsort((rows["item"], -rows["ts_ms"], rows["far"], rows["kind"], rows["user"]))
    rows = rows[order]
    kept: NDArray[Any] = rows[runs(rows["user"], rows["kind"])]
    return kept


def _packed(rows: NDArray[Any]) -> Wakes:
    columns = {"users": "user", "partitions": "home", "items": "item", "kinds": "kind"}
    return Wakes(**{name: rows[column].tobytes() for name, column in columns.items()})
