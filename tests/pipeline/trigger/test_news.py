from __future__ import annotations

import numpy as np
import pytest
from support.waves import T0_MS

from schemas.state import EVENT, Ragged
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.trigger.news import still_news

VIEW, CART, FAV, BUY = EventType.VIEW, EventType.CART, EventType.FAV, EventType.PURCHASE
REMOVE, SEARCH = EventType.REMOVE_CART, EventType.SEARCH
DROP, RESTOCK, ARRIVAL = TriggerKind.PRICE_DROP, TriggerKind.RESTOCK, TriggerKind.NEW_ARRIVAL


@pytest.mark.parametrize(
    ("kind", "events", "news"),
    [
        (DROP, [(7, VIEW, 0)], True),
        (RESTOCK, [(7, FAV, 0)], True),
        (DROP, [(7, CART, 0), (7, BUY, 1)], False),
        (DROP, [(7, CART, 0), (7, REMOVE, 1)], False),
        (DROP, [(7, BUY, 0), (7, VIEW, 1)], True),
        (DROP, [(8, VIEW, 0)], False),
        (DROP, [], False),
        (ARRIVAL, [(8, VIEW, 0)], True),
        (ARRIVAL, [(7, VIEW, 0)], False),
        (ARRIVAL, [], True),
    ],
)
def test_news_is_for_who_cares_and_has_not_done_with_it(kind, events, news):
    rows = np.array(
        [
            (T0_MS + m, n + 1, item, 0, -1, 0, 1, 0, what)
            for n, (item, what, m) in enumerate(events)
        ],
        EVENT,
    )
    between = Ragged(rows, np.array([0, 0, len(rows), len(rows)]))
    item, kinds = np.full(3, 7, np.uint64), np.full(3, kind, np.uint8)
    assert still_news(between, item, kinds).tolist() == [kind == ARRIVAL, news, kind == ARRIVAL]
