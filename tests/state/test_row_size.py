"""The largest row that the settings allow is one that a stock broker takes."""

from __future__ import annotations

from typing import get_args, get_type_hints

import numpy as np

from schemas.deeds import TABLES
from schemas.state import FACTS, JOURNALS, TILE_MS, Ragged, UserState
from schemas.vocabulary import CONSENTS, ContextField, EventType, TriggerKind
from streams.pipeline.accept.validate import MAX_ID_BYTES
from streams.pipeline.accept.vault import Vault
from streams.pipeline.aggregate.consent import NOES
from streams.pipeline.aggregate.journal import PUSH_HISTORY
from streams.pipeline.aggregate.receipts import EARLY_RECEIPTS
from streams.settings import Settings
from streams.shared.sizes import LARGEST_BYTES
from streams.state.rows import pack_rows
from streams.state.store import USER


def largest(name: str) -> int:
    """The upper bound of a setting."""
    return int(get_args(get_type_hints(Settings, include_extras=True)[name])[1].le)


FULL = {
    "tiles": (largest("retention_ms") // TILE_MS + 1) * len(EventType),
    "events": largest("recent_events"),
    "seen": largest("seen_ids"),
    "context": len(ContextField),
    **{name: table.most for name, table in TABLES.items()},
    "pushes": PUSH_HISTORY,
    "timers": len(TriggerKind),
    "debounce": len(TriggerKind),
    "budget": 1,
    "consent": len(CONSENTS) * (NOES + 2),
    "early": EARLY_RECEIPTS,
}


def test_a_row_with_every_section_full_is_below_the_bound() -> None:
    dtypes = FACTS | JOURNALS
    assert FULL.keys() == dtypes.keys()
    state = UserState.fresh([b"k" * 16])
    state.sealed = [Vault(b"secret", "tenant").seal("u" * MAX_ID_BYTES)]
    for name, rows in FULL.items():
        setattr(state, name, Ragged(np.zeros(rows, dtypes[name]), np.array([0, rows])))
    (row,) = pack_rows(state)
    assert len(USER + state.keys[0] + row) <= LARGEST_BYTES
    assert len(row) > LARGEST_BYTES * 0.9, "no bound is lower than it has to be"
