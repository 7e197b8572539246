"""The tables of hard rules: every line of an order, every move in a cart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.deeds import TABLES
from schemas.ids import NO_ID
from schemas.state import FACTS, UserState
from schemas.vocabulary import among
from streams.pipeline.aggregate.newest import newest


def add_to_tables(state: UserState, facts: NDArray[Any]) -> None:
    """Keep ``facts`` (FACT_ROW) in the tables that want them; note until when each forgot some."""
    for name, table in TABLES.items():
        mine = facts.compress(among(facts["type"], table.types) & (facts["item"] != NO_ID))
        if not len(mine):
            continue
        fresh = np.zeros(len(mine), FACTS[name])
        columns = FACTS[name].names or ()
        for column in columns:
            fresh[column] = mine[column]
        # Lines beyond the last number have the same one: the rest of a row tells them apart.
        order = ("ts_ms", "event", *sorted({*columns} & {"line"}), "item", "type")
        kept = newest(getattr(state, name), mine["user"], fresh, order, table.most)
        setattr(state, name, kept.rows)
        forgot = state.head[table.forgot]
        forgot[kept.losers] = np.maximum(forgot[kept.losers], kept.lost_ms)
