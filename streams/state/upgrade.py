"""Rows of earlier versions, as this build writes them: by the names of their sections and columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import FORGOTTEN, ROW_VERSION
from schemas.vocabulary import CONSENTS, among
from streams.state.event_codec import COUNTED_AS
from streams.state.layouts import EARLIER, TODAY
from streams.state.refill import refill

_Rows = NDArray[Any]
_Sections = dict[str, np.dtype[Any]]


class RowError(ValueError):
    """A stored row cannot be read: another version, or cut off."""


def upgraded(row: bytes) -> bytes:
    """Return a row of this version; one that is of no earlier readable version stays as it is.

    A section that the earlier version did not have is empty; a column says what `FORGOTTEN` says.

    Raises:
        RowError: the row is longer or shorter than it says.
    """
    if (layout := EARLIER.get(row[0])) is None:
        return row
    head, at = _cut(row, 0, layout.head, 1)
    sealed, at = _cut(row, at, np.dtype("u1"), int(head["sealed"][0]))
    facts, at = _cut_all(row, at, head, layout.facts)
    journal, at = _cut(row, at, layout.journal, 1)
    journals, at = _cut_all(row, at, journal, layout.journals)
    if at != len(row):
        raise RowError(f"a row ends {at - len(row)} bytes from where it says")
    if "consent" not in journals:
        facts["context"], journals["consent"] = _answers_apart(facts["context"])
    today = _renewed("head", head, TODAY.head, head)
    today["version"] = ROW_VERSION
    facts = _all_renewed(facts, TODAY.facts, head)
    refill(facts, today)
    for name, dtype in TODAY.facts.items():
        today[COUNTED_AS.get(name, name)] = len(facts.setdefault(name, np.zeros(0, dtype)))
    counts = _renewed("journal", journal, TODAY.journal, head)
    counts["consent"] = len(journals["consent"])
    parts = [
        today, sealed, *(facts[name] for name in TODAY.facts), counts,
        *_all_renewed(journals, TODAY.journals, head).values(),
    ]  # fmt: skip
    return b"".join(part.tobytes() for part in parts)


def _answers_apart(context: _Rows) -> tuple[_Rows, _Rows]:
    """Until version 3 what was answered about consent was among the facts; a "no" was of its ``ts``."""
    answers = among(context["field"], CONSENTS)
    return context[~answers], context[answers]


def _cut(row: bytes, at: int, dtype: np.dtype[Any], count: int) -> tuple[_Rows, int]:
    """Return the ``count`` rows at a place, and the place behind them."""
    end = at + count * dtype.itemsize
    if end > len(row):
        raise RowError(f"a row ends {len(row) - end} bytes from where it says")
    return np.frombuffer(row[at:end], dtype), end


def _cut_all(
    row: bytes, at: int, counts: _Rows, sections: _Sections
) -> tuple[dict[str, _Rows], int]:
    found = {}
    for name, dtype in sections.items():
        found[name], at = _cut(row, at, dtype, int(counts[COUNTED_AS.get(name, name)][0]))
    return found, at


def _all_renewed(found: dict[str, _Rows], sections: _Sections, head: _Rows) -> dict[str, _Rows]:
    """Return those of today's sections that there were, in today's order."""
    return {
        name: _renewed(name, found[name], dtype, head)
        for name, dtype in sections.items()
        if name in found
    }


def _renewed(section: str, old: _Rows, dtype: np.dtype[Any], head: _Rows) -> _Rows:
    """Return rows with today's columns; ``head``: the row's own, for what a default refers to."""
    new = np.zeros(len(old), dtype)  # 0: the count of a section that was not there
    for name in dtype.names or ():
        if name in (old.dtype.names or ()):
            new[name] = old[name]
        elif (default := FORGOTTEN.get(f"{section}.{name}")) is not None:
            new[name] = head[default][0] if isinstance(default, str) else default
    return new
