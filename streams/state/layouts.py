"""The layouts of packed rows that can still be read: today's, and each earlier one as it was, frozen."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from schemas.state import HEAD, JOURNAL, JOURNALS
from streams.state.event_codec import STORED

_DType = np.dtype[Any]


class Layout(NamedTuple):
    """``head | sealed id | facts | journal | journals``: heads, then their sections by name.

    A section's rows are counted in the column of its head that `COUNTED_AS` says, else of its own name.
    """

    head: _DType
    facts: dict[str, _DType]
    journal: _DType
    journals: dict[str, _DType]


TODAY = Layout(HEAD, STORED, JOURNAL, JOURNALS)

_HEAD_2 = np.dtype(
    [
        ("version", "u1"), ("flags", "u1"), ("sealed", "<u2"), ("tiles", "<u4"), ("events", "<u2"),
        ("seen", "<u4"), ("context", "<u2"), ("total", "<u4"),
        ("newest_ms", "<i8"), ("first_ms", "<i8"), ("floor_ms", "<i8"),
    ]
)  # fmt: skip
_MOMENT_2 = [("low_ms", "<u4"), ("event", "<u4"), ("event_high", "<u2")]
_FACTS_2 = {
    "tiles": np.dtype([("tile", "<u4"), ("n", "<u2"), ("type", "u1")]),
    "moments": np.dtype(_MOMENT_2),
    "whats": np.dtype(
        [
            ("high_ms", "<u2"), ("item", "<u8"), ("category", "<u8"), ("price_minor", "<i4"),
            ("quantity", "<u2"), ("line", "u1"), ("type", "u1"),
        ]
    ),
    "seen": np.dtype(_MOMENT_2),
    "context": np.dtype([("ts_ms", "<i8"), ("event", "<u8"), ("value", "<u8"), ("field", "u1")]),
}  # fmt: skip
_JOURNALS_2 = {
    "pushes": np.dtype(
        [
            ("id_hi", "<u8"), ("id_lo", "<u8"), ("item", "<u8"), ("category", "<u8"),
            ("at_ms", "<i8"), ("expires_ms", "<i8"), ("created_ms", "<i8"),
            ("kind", "u1"), ("status", "u1"),
        ]
    ),
    "timers": np.dtype([("due_ms", "<i8"), ("event", "<u8"), ("item", "<u8"), ("kind", "u1")]),
    "debounce": np.dtype([("at_ms", "<i8"), ("kind", "u1")]),
}  # fmt: skip
_BUDGET_3 = np.dtype([("hour", "<i4"), ("decisions", "<u2")])
_JOURNAL_2 = [("pushes", "<u2"), ("timers", "u1"), ("debounce", "u1")]

EARLIER = {
    2: Layout(_HEAD_2, _FACTS_2, np.dtype(_JOURNAL_2), _JOURNALS_2),
    3: Layout(
        _HEAD_2, _FACTS_2, np.dtype([*_JOURNAL_2, ("budget", "u1")]),
        {**_JOURNALS_2, "budget": _BUDGET_3},
    ),
}  # fmt: skip
"""By their version; a layout goes when no deployment has its rows any more."""
