"""What changed in the catalogue that somebody may wait for: a lower price, stock again, a new item.

Only a version that replaces an older one is news, so what comes late or twice tells nothing again.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.money import NO_CURRENCY
from schemas.state import NEVER_MS
from schemas.vocabulary import TriggerKind
from streams.knowledge.catalogue_record import Version

CHANGE = np.dtype(
    [
        ("item", "<u8"),
        ("category", "<u8"),  # 0: not known
        ("price_minor", "<f8"),
        ("ts_ms", "<i8"),
        ("kind", "u1"),
    ]
)
"""``ts_ms``: time of the version that made the news; ``kind``: `TriggerKind`."""
_NOTED = np.dtype([("currency", "<u2"), *((name, CHANGE[name]) for name in CHANGE.names or ())])
MOST = 20_000
"""Changes kept until the learner takes them, some 4 MB; beyond, the oldest go."""
LEAST_DROP = 0.03
"""A price lower by a smaller share is no news (as in `streams.pipeline.candidates.price_drop`)."""


def news_in(was: Any, was_ms: int, version: Version) -> TriggerKind | None:
    """Return what a newer version is news of, if anything.

    ``was``: the item's `ITEM_ATTRIBUTES` before; ``was_ms``: its time, `NEVER_MS` for an item seen
    for the first time. Prices are compared only in one currency, which both versions told.
    """
    if not version.on_offer:
        return None
    if was_ms == NEVER_MS:
        return TriggerKind.NEW_ARRIVAL
    if was["stock"] <= 0:
        return TriggerKind.RESTOCK
    same = version.currency == was["currency"] != NO_CURRENCY
    old, new = was["price_minor"], version.attributes[1]
    if same and new < old and new <= old * (1 - LEAST_DROP):
        return TriggerKind.PRICE_DROP
    return None


class News:
    """What changed since it was last taken."""

    def __init__(self) -> None:
        self._changes: deque[tuple[int, int, int, float, int, int]] = deque(maxlen=MOST)

    def note(self, version: Version, kind: TriggerKind) -> None:
        """Keep a change until it is taken."""
        category, price_minor = version.attributes[:2]
        told = (version.number, category, price_minor, version.ts_ms, int(kind))
        self._changes.append((version.currency, *told))

    def take(self) -> NDArray[Any]:
        """Return and forget the changes (`CHANGE` and currency), oldest version first, an item once a kind."""
        newest = {(change[1], change[-1]): change for change in self._changes}
        self._changes.clear()
        rows = np.array(list(newest.values()), _NOTED)
        ordered: NDArray[Any] = rows[np.lexsort((rows["kind"], rows["item"], rows["ts_ms"]))]
        return ordered
