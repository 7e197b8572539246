"""Hours since the user last did something; NaN when never (as far as the state remembers)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import HOUR_MS
from models.features.view import UserView
from models.features.window_counts import COUNTED, Groups
from schemas.state import NEVER_MS
from schemas.vocabulary import EventType

TIMED = tuple(what for what in COUNTED if what != "app_minutes")
NAMES = tuple(f"hours_since_{what}" for what in TIMED)
_GROUPS = Groups(COUNTED[what] for what in TIMED)


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES] in hours, from the exact time of a kept event, else its tile."""
    types = len(EventType)
    last = np.full(len(view) * types, NEVER_MS, np.int64)
    tiles, events = view.tiles, view.events
    np.maximum.at(last, tiles.slot * types + tiles.type, tiles.start_ms)
    exact_ms = np.minimum(events.rows.data["ts_ms"], view.now_ms[events.slot])
    np.maximum.at(last, events.slot * types + events.rows.data["type"], exact_ms)
    newest = _GROUPS.fold(np.maximum, last.reshape(len(view), types))
    hours = (view.now_ms[:, None] - newest) / HOUR_MS
    return np.where(newest == NEVER_MS, np.nan, hours)
