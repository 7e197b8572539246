"""Records as a shop would send them, from the rows of a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from streams.offline.sources.report import Draft


def click(event_id: str, ts_ms: int, user: str, event: str, item: str | None, **more: Any) -> Draft:
    """Return a click; ``more`` are further fields of `Click`."""
    record = {"event_id": event_id, "user_id": user, "event": event, "ts": ts_ms}
    if item is not None:
        record["item_id"] = item
    return Draft(ts_ms, "clicks", user.encode(), record | more)


def purchase(
    event_id: str,
    ts_ms: int,
    user: str,
    lines: Sequence[tuple[str, int, int]],
    currency: str,
    status: str = "placed",
    category: str | None = None,
) -> Draft:
    """Return an order of lines (item, quantity, unit price in minor units); its id is the event's."""
    told = {} if category is None else {"category_id": category}
    record = {
        "event_id": event_id,
        "user_id": user,
        "order_id": event_id,
        "ts": ts_ms,
        "status": status,
        "currency": currency,
        "lines": [
            {"item_id": item, "quantity": quantity, "unit_price_minor": price} | told
            for item, quantity, price in lines
        ],
    }
    return Draft(ts_ms, "purchases", user.encode(), record)


class Shelf:
    """Puts an item into the catalogue when the log first mentions it, and never earlier."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def first_seen(self, ts_ms: int, item: str, **attributes: Any) -> Iterator[Draft]:
        """Yield the catalogue record of an item not seen before; ``attributes`` as in `CatalogItem`."""
        if item in self._known:
            return
        self._known.add(item)
        record = {"item_id": item, "ts": ts_ms, "created_ts": ts_ms} | attributes
        yield Draft(ts_ms, "catalog", item.encode(), record)
