"""What a timer that fires is about, and whether its reason still stands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import Ragged
from schemas.vocabulary import NEWS, TriggerKind, among
from streams.pipeline.trigger.cart_left import left_in_cart
from streams.pipeline.trigger.follow_up import still_own
from streams.pipeline.trigger.news import still_news
from streams.pipeline.trigger.search_left import searches_left


def timer_reasons(
    events: Ragged, timers: NDArray[Any]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return each timer's item, `NO_ID` for nothing in particular, and whether its reason stands.

    ``timers`` (rows with the fields of TIMER) and ``events`` go together, one user's each.
    """
    kind, about = timers["kind"], timers["item"]
    cart, follow_up = kind == TriggerKind.CART_LEFT, kind == TriggerKind.FOLLOW_UP
    in_cart = left_in_cart(events)
    news = among(kind, NEWS)
    item = np.where(cart, in_cart, np.where(follow_up | news, about, NO_ID)).astype(np.uint64)
    searched, owned = searches_left(events, timers["event"]), still_own(events, about)
    stands = np.where(cart, in_cart != NO_ID, np.where(follow_up, owned, searched))
    if news.any():
        stands = np.where(news, still_news(events, about, kind), stands)
    return item, stands
