"""Pack and unpack user rows: the same bytes in RocksDB and in the changelog."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import HEAD, JOURNAL, JOURNALS, ROW_VERSION, Ragged, UserState
from streams.state.event_codec import COUNTED_AS, STORED, restored, stored
from streams.state.upgrade import RowError, upgraded

__all__ = ["RowError", "facts_length", "pack_rows", "unpack_rows", "unreadable"]

_Ints = NDArray[np.int64]


def facts_length(row: bytes) -> int:
    """Return how many leading bytes of a packed row are facts (DESIGN law 1)."""
    head = np.frombuffer(upgraded(row), HEAD, 1)
    _check_versions(head)
    return int(_facts_lengths(head)[0])


def unpack_rows(keys: list[bytes], rows: list[bytes | None]) -> UserState:
    """Return the users' rows as columns; a user without a row is fresh.

    Rows of earlier versions are read as well (`streams.state.layouts`).

    Raises:
        RowError: a row has another version or length than it says.
    """
    state = UserState.fresh(keys)
    known = np.array([i for i, row in enumerate(rows) if row], np.int64)
    if not len(known):
        return state
    found = [upgraded(row) for row in rows if row]
    ends = np.array([len(row) for row in found])
    if (ends < HEAD.itemsize).any():
        raise RowError("a row is shorter than its head")
    sealed_at = np.full(len(found), HEAD.itemsize)
    head = _gather(found, sealed_at - HEAD.itemsize, sealed_at, HEAD)
    _check_versions(head)
    state.head[known] = head
    facts_at = sealed_at + head["sealed"]
    for i, row, end in zip(known.tolist(), found, facts_at.tolist(), strict=True):
        state.sealed[i] = row[HEAD.itemsize : end]
    journal_at = _facts_lengths(head)
    later_at = journal_at + JOURNAL.itemsize
    _check_ends(later_at, ends, exact=False)
    journal = _gather(found, journal_at, later_at, JOURNAL)
    _check_ends(journal_at + _journal_lengths(journal), ends, exact=True)
    facts = _read(found, facts_at, head, STORED)
    facts["events"] = restored(facts.pop("moments"), facts.pop("whats"))
    for name, section in (facts | _read(found, later_at, journal, JOURNALS)).items():
        setattr(state, name, _among(len(keys), known, section))
    return state


def unreadable(keys: list[bytes], rows: list[bytes | None]) -> list[bytes]:
    """Return the users whose row cannot be unpacked."""
    return [key for key, row in zip(keys, rows, strict=True) if not _can_be_read(key, row)]


def _can_be_read(key: bytes, row: bytes | None) -> bool:
    try:
        unpack_rows([key], [row])
    except Exception:  # a spoilt row may raise anything
        return False
    return True


def pack_rows(state: UserState) -> list[bytes]:
    """Return one packed row per user; fills the section counts of the heads."""
    head, journal = state.head, np.zeros(len(state), JOURNAL)
    head["sealed"] = [len(text) for text in state.sealed]
    facts, later = _facts(state), {name: getattr(state, name) for name in JOURNALS}
    for counts, sections in ((head, facts), (journal, later)):
        for name, section in sections.items():
            counts[COUNTED_AS.get(name, name)] = section.lengths
    one = np.arange(len(state) + 1)
    parts = [_pieces(Ragged(head, one)), state.sealed, *map(_pieces, facts.values())]
    parts += [_pieces(Ragged(journal, one)), *map(_pieces, later.values())]
    return list(map(b"".join, zip(*parts, strict=True)))


def _pieces(section: Ragged) -> list[bytes]:
    """The bytes of each user's rows."""
    whole, ends = section.data.tobytes(), section.offsets * section.data.dtype.itemsize
    return [whole[start:end] for start, end in pairwise(ends.tolist())]


def _facts(state: UserState) -> dict[str, Ragged]:
    """The sections of the facts, in the order in which they are stored."""
    when, what = (Ragged(rows, state.events.offsets) for rows in stored(state.events.data))
    split = {"moments": when, "whats": what}
    return {name: split[name] if name in split else getattr(state, name) for name in STORED}


def _read(
    rows: list[bytes], at: _Ints, counts: NDArray[Any], sections: dict[str, np.dtype[Any]]
) -> dict[str, Ragged]:
    """Return the sections that follow each other from ``at`` on, a place in each row."""
    found = {}
    for name, dtype in sections.items():
        count = counts[COUNTED_AS.get(name, name)].astype(np.int64)
        ends = at + count * dtype.itemsize
        found[name] = Ragged(_gather(rows, at, ends, dtype), np.append(0, np.cumsum(count)))
        at = ends
    return found


def _gather(rows: list[bytes], at: _Ints, ends: _Ints, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return what each row has from ``at`` to ``ends``: long parts take as long as short ones, nearly."""
    if (at == ends).all():
        return np.zeros(0, dtype)
    places = zip(rows, at.tolist(), ends.tolist(), strict=True)
    return np.frombuffer(bytearray().join([row[start:end] for row, start, end in places]), dtype)


def _among(users: int, known: _Ints, section: Ragged) -> Ragged:
    """Return the rows of the known users as those of all."""
    if len(known) == users:
        return section
    offsets = np.zeros(users + 1, np.int64)
    offsets[known + 1] = section.lengths
    return Ragged(section.data, np.cumsum(offsets))


def _facts_lengths(head: NDArray[Any]) -> _Ints:
    lengths = HEAD.itemsize + head["sealed"].astype(np.int64)
    for name, dtype in STORED.items():
        lengths += head[COUNTED_AS.get(name, name)].astype(np.int64) * dtype.itemsize
    return lengths


def _journal_lengths(journal: NDArray[Any]) -> _Ints:
    lengths = np.full(len(journal), JOURNAL.itemsize, np.int64)
    for name, dtype in JOURNALS.items():
        lengths += journal[name].astype(np.int64) * dtype.itemsize
    return lengths


def _check_versions(head: NDArray[Any]) -> None:
    if (head["version"] != ROW_VERSION).any():
        other = head["version"][head["version"] != ROW_VERSION][0]
        raise RowError(
            f"row version {other}, this build reads {ROW_VERSION}: see docs/operations.md"
        )


def _check_ends(found: _Ints, ends: _Ints, *, exact: bool) -> None:
    wrong = np.flatnonzero(found != ends if exact else found > ends)
    if len(wrong):
        raise RowError(f"a row ends {int((found - ends)[wrong[0]])} bytes from where it says")
