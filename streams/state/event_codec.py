"""How a user's recent events are stored: when and which, then what.

An event's moment is stored byte for byte as the remembered id is (section ``seen``), one after the
other as there: what a row says twice costs next to nothing once it is compressed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.moments import MOMENT, event_ids, moments
from schemas.state import EVENT, FACTS, Ragged

WHAT = np.dtype([("high_ms", "<u2"), *((name, EVENT[name]) for name in EVENT.names[2:])])  # type: ignore[index]
"""A recent event without its moment: the time's high bits, and the rest of `EVENT`."""
_SPLIT: dict[str, dict[str, np.dtype[Any]]] = {"events": {"moments": MOMENT, "whats": WHAT}}
STORED = {
    part: stored_as
    for name, dtype in FACTS.items()
    for part, stored_as in _SPLIT.get(name, {name: dtype}).items()
}
"""The sections of the facts of a packed row."""
COUNTED_AS = {"moments": "events", "whats": "events"}
"""Which count of the head says how long these sections are; the others have one of their own."""

_LOW_BITS = 32
_REST = np.dtype((np.void, WHAT.itemsize - 2))
_EVENT = np.dtype([("ts_ms", "<i8"), ("event", "<u8"), ("rest", _REST)])
_WHAT = np.dtype([("high_ms", "<u2"), ("rest", _REST)])


def stored(events: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return moments and whats of `EVENT` rows."""
    plain, whats = events.view(_EVENT), np.empty(len(events), _WHAT)
    whats["high_ms"], whats["rest"] = plain["ts_ms"] >> _LOW_BITS, plain["rest"]
    return moments(plain["ts_ms"], plain["event"]), whats.view(WHAT)


def restored(when: Ragged, whats: Ragged) -> Ragged:
    """Return the `EVENT` rows of moments and whats."""
    plain, rest = np.empty(len(when.data), _EVENT), whats.data.view(_WHAT)
    plain["ts_ms"] = rest["high_ms"].astype(np.int64) << _LOW_BITS | when.data["low_ms"]
    plain["event"], plain["rest"] = event_ids(when.data), rest["rest"]
    return Ragged(plain.view(EVENT), when.offsets)
