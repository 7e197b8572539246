"""The tables of hard rules of a row that had none: what its recent events tell.

They are all that there ever was, unless the row says that some were forgotten: then everything up to the
oldest of them may have been.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.deeds import TABLES
from schemas.ids import NO_ID
from schemas.state import FACTS, FLAG_EVENTS_TRUNCATED, NEVER_MS, Ragged
from schemas.vocabulary import among
from streams.state.event_codec import restored

_Rows = NDArray[Any]


def refill(found: dict[str, _Rows], head: _Rows) -> None:
    """Add the tables that one row's sections lack; ``head`` (its one, of today) says what is forgotten."""
    one = np.array([0, len(found["moments"])])
    events = restored(Ragged(found["moments"], one), Ragged(found["whats"], one))
    cut = int(bool(head["flags"][0] & FLAG_EVENTS_TRUNCATED))
    for name, rows in tables_of(events).items():
        if name in found:
            continue
        table = TABLES[name]
        lost, found[name] = np.split(rows.data, [max(len(rows.data) - table.most, 0)])
        times = [*events.data["ts_ms"][:cut].tolist(), *lost["ts_ms"].tolist()]
        head[table.forgot] = max(times, default=NEVER_MS)


def tables_of(events: Ragged) -> dict[str, Ragged]:
    """Return what users' `EVENT` rows say in each of the tables, all of it."""
    found = {}
    for name, table in TABLES.items():
        wanted = among(events.data["type"], table.types) & (events.data["item"] != NO_ID)
        rows = wanted.nonzero()[0]
        told = np.zeros(len(rows), FACTS[name])
        for column in FACTS[name].names or ():
            told[column] = events.data[column][rows]
        found[name] = Ragged.group(len(events.lengths), events.slots[rows], told)
    return found
