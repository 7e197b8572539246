"""Pack and unpack user rows: the same bytes in RocksDB, in the changelog and in the columns."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import FACTS, HEAD, JOURNAL, JOURNALS, ROW_VERSION, Ragged, UserState

_HEAD_BYTES = HEAD.itemsize
_JOURNAL_BYTES = JOURNAL.itemsize
_FACT_SIZES = tuple((name, dtype.itemsize) for name, dtype in FACTS.items())
_JOURNAL_SIZES = tuple((name, dtype.itemsize) for name, dtype in JOURNALS.items())


class RowError(ValueError):
    """A stored row cannot be read: another version, or cut off."""


def facts_length(row: bytes) -> int:
    """Return how many leading bytes of a packed row are facts (DESIGN law 1)."""
    head = np.frombuffer(row, HEAD, 1)[0]
    if head["version"] != ROW_VERSION:
        raise RowError(f"row version {head['version']}, this build reads {ROW_VERSION}")
    sections = sum(int(head[name]) * size for name, size in _FACT_SIZES)
    return _HEAD_BYTES + int(head["sealed"]) + sections


def unpack_rows(keys: list[bytes], rows: list[bytes | None]) -> UserState:
    """Return the users' rows as columns; a user without a row is fresh.

    Raises:
        RowError: a row has another version or length than it says.
    """
    known = [(i, row) for i, row in enumerate(rows) if row]
    state = UserState.fresh(keys)
    if not known:
        return state
    sealed = state.sealed
    chunks: dict[str, list[bytes]] = {name: [] for name in (*FACTS, *JOURNALS)}
    counts = {name: np.zeros(len(keys), np.int64) for name in chunks}
    for i, row in known:
        head = np.frombuffer(row, HEAD, 1)
        state.head[i] = head[0]
        _slice_row(row, i, sealed, chunks, counts)
    for name, dtype in (*FACTS.items(), *JOURNALS.items()):
        offsets = np.concatenate(([0], np.cumsum(counts[name])))
        data = np.frombuffer(b"".join(chunks[name]), dtype)
        setattr(state, name, Ragged(data, offsets))
    return state


def _slice_row(
    row: bytes,
    i: int,
    sealed: list[bytes],
    chunks: dict[str, list[bytes]],
    counts: dict[str, NDArray[np.int64]],
) -> None:
    head = np.frombuffer(row, HEAD, 1)[0].item()
    named = dict(zip(HEAD.names or (), head, strict=True))
    if named["version"] != ROW_VERSION:
        raise RowError(f"row version {named['version']}, this build reads {ROW_VERSION}")
    at = _HEAD_BYTES + named["sealed"]
    sealed[i] = row[_HEAD_BYTES:at]
    for name, size in _FACT_SIZES:
        end = at + named[name] * size
        chunks[name].append(row[at:end])
        counts[name][i] = named[name]
        at = end
    journal = np.frombuffer(row, JOURNAL, 1, at)[0].item()
    at += _JOURNAL_BYTES
    for (name, size), n in zip(_JOURNAL_SIZES, journal, strict=True):
        end = at + n * size
        chunks[name].append(row[at:end])
        counts[name][i] = n
        at = end
    if at != len(row):
        raise RowError(f"row of {len(row)} bytes, its sections say {at}")


def pack_rows(state: UserState) -> list[bytes]:
    """Return one packed row per user; fills the section counts of the heads."""
    head = state.head
    head["sealed"] = [len(text) for text in state.sealed]
    for name in FACTS:
        head[name] = getattr(state, name).lengths
    journal = np.zeros(len(state), JOURNAL)
    for name in JOURNALS:
        journal[name] = getattr(state, name).lengths
    facts = [_cut(getattr(state, name)) for name in FACTS]
    later = [_cut(getattr(state, name)) for name in JOURNALS]
    parts = (_fixed(head), state.sealed, *facts, _fixed(journal), *later)
    return [b"".join(row) for row in zip(*parts, strict=True)]


def _cut(section: Ragged) -> list[bytes]:
    raw = section.data.tobytes()
    edges = (section.offsets * section.data.itemsize).tolist()
    return [raw[a:b] for a, b in pairwise(edges)]


def _fixed(heads: NDArray[Any]) -> list[bytes]:
    raw, size = heads.tobytes(), heads.itemsize
    ends = accumulate([size] * len(heads))
    return [raw[end - size : end] for end in ends]
