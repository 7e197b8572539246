"""What the user has in hand: distinct items and categories, open carts, what they spend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.view import Events, UserView
from schemas.ids import NO_ID
from schemas.money import NO_CURRENCY
from schemas.vocabulary import EventType, among

NAMES = ("distinct_items", "distinct_categories", "open_carts", "mean_price_minor")
_CART_MOVES = (EventType.CART, EventType.REMOVE_CART, EventType.PURCHASE)


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES] over the kept events; an open cart was neither emptied nor bought."""
    columns = [_distinct(view, "item"), _distinct(view, "category"), _open_carts(view)]
    return np.array([*columns, mean_price(view.events, len(view))[0]]).T


def mean_price(events: Events, users: int) -> tuple[NDArray[np.float64], NDArray[np.uint16]]:
    """Return the mean price of each user's priced events, minor units, and its currency; NaN without any.

    Only prices in the currency of the latest one count.
    """
    data = events.rows.data
    priced = (data["price_minor"] >= 0) & (data["currency"] != NO_CURRENCY)
    slot, price, currency = (
        events.slot[priced],
        data["price_minor"][priced],
        data["currency"][priced],
    )
    latest = np.full(users, NO_CURRENCY, np.uint16)
    latest[slot] = currency  # events are oldest first, and the last one assigned stays
    same = currency == latest[slot]
    total = np.bincount(slot[same], price[same], minlength=users)
    count = np.bincount(slot[same], minlength=users)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), latest


def _distinct(view: UserView, column: str) -> NDArray[np.float64]:
    slot, value = view.events.slot, view.events.rows.data[column]
    told = value != NO_ID
    slot, value = slot[told], value[told]
    order = np.lexsort((value, slot))
    return np.bincount(_firsts(slot[order], value[order]), minlength=len(view)).astype(np.float64)


def _firsts(slot: NDArray[np.int64], value: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The slots of the first row of each run of equal (slot, value)."""
    new = np.ones(len(slot), np.bool_)
    new[1:] = (slot[1:] != slot[:-1]) | (value[1:] != value[:-1])
    return slot[new]


def _open_carts(view: UserView) -> NDArray[np.float64]:
    data, slot = view.events.rows.data, view.events.slot
    moves = among(data["type"], _CART_MOVES) & (data["item"] != NO_ID)
    slot, item, kind = slot[moves], data["item"][moves], data["type"][moves]
    order = np.lexsort((item, slot))  # stable, and events are oldest first
    slot, item, kind = slot[order], item[order], kind[order]
    last = np.ones(len(slot), np.bool_)
    last[:-1] = (slot[1:] != slot[:-1]) | (item[1:] != item[:-1])
    still = slot[last & (kind == EventType.CART)]
    return np.bincount(still, minlength=len(view)).astype(np.float64)
