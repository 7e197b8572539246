"""A search after which nothing was bought: fires by timer."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from schemas.vocabulary import EventType


def search_is_left(events: NDArray[Any], searched_ms: int) -> bool:
    """Tell whether no purchase came at or after the search; ``events``: one user's EVENT rows."""
    bought = (events["type"] == EventType.PURCHASE) & (events["ts_ms"] >= searched_ms)
    return not bool(bought.any())
