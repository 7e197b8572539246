"""What a timer that fires is about, and whether its reason still stands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import UserState
from schemas.vocabulary import NEWS, Standing, TriggerKind, among
from streams.pipeline.aggregate.journal import timer_delays
from streams.pipeline.trigger.cart_left import left_in_cart
from streams.pipeline.trigger.follow_up import still_own
from streams.pipeline.trigger.news import still_news
from streams.pipeline.trigger.search_left import searches_left
from streams.settings import Settings


def timer_reasons(
    state: UserState, timers: NDArray[Any], settings: Settings
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Return each timer's item, `NO_ID` for nothing in particular, and its `Standing`.

    ``timers`` (TIMER) and ``state`` go together, one user's each.
    """
    kind, about = timers["kind"], timers["item"]
    cart, follow_up = kind == TriggerKind.CART_LEFT, kind == TriggerKind.FOLLOW_UP
    in_cart, opened_ms = left_in_cart(state)
    news, cause_ms = among(kind, NEWS), _cause_ms(timers, settings)
    item = np.where(cart, in_cart, np.where(follow_up | news, about, NO_ID)).astype(np.uint64)
    searched, owned = searches_left(state.orders, cause_ms), still_own(state.orders, about)
    stands = np.where(cart, in_cart != NO_ID, np.where(follow_up, owned, searched))
    if news.any():
        stands = np.where(news, still_news(state.events, about, kind), stands)
    return item, _standing(state, stands, kind, np.where(stands & cart, opened_ms, cause_ms))


def _cause_ms(timers: NDArray[Any], settings: Settings) -> NDArray[np.int64]:
    """When what set each timer happened; the timer of a change in the catalogue has no delay."""
    delays = np.zeros(len(TriggerKind), np.int64)
    for kind, delay_ms in timer_delays(settings).items():
        delays[kind] = delay_ms
    cause_ms: NDArray[np.int64] = timers["due_ms"] - delays[timers["kind"]]
    return cause_ms


def _standing(
    state: UserState,
    stands: NDArray[np.bool_],
    kind: NDArray[np.uint8],
    since_ms: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """A reason is in doubt only where lines at or after ``since_ms`` were forgotten.

    A cart: what went in, or the order that emptied it. A purchase that seems to have gone back: another
    of the same item. A search: none, of its orders the newest are there.
    """
    orders, carts = state.head["orders_forgot_ms"], state.head["carts_forgot_ms"]
    cart, follow_up = kind == TriggerKind.CART_LEFT, kind == TriggerKind.FOLLOW_UP
    emptied = cart & (orders >= since_ms)
    filled = cart & ~stands & (carts >= since_ms)
    doubt = emptied | filled | (follow_up & ~stands & (orders >= since_ms))
    found = np.where(stands, Standing.STANDS, Standing.GONE)
    return np.where(doubt, Standing.FORGOTTEN, found).astype(np.uint8)
