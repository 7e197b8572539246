"""Drop the texts that nothing refers to: now and then a partition's dictionary begins a new generation.

What is told goes into the new one, and what rows of users refer to is copied, some users at a time; what
is then still only in the old one was told by nobody since and is in no row: it is dropped (C. J.
Cheney, CACM 1970). Steps are taken at fixed places of the input sequence, so that any split of it
into batches drops the same, and each does a bounded part of the work.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from schemas.ids import NO_ID
from schemas.state import FACTS, JOURNALS, NEVER_MS, UserState
from streams.shared.blame import may_be_the_input
from streams.state.dictionary import rows_of
from streams.state.marker import Generation, Marker
from streams.state.rows import unpack_rows
from streams.state.texts import Rows, Texts, table_of

FEW = 65_536
"""Texts that are kept without asking whether they are in use."""
GROWN = 2
"""A generation ends when it has so many times the texts that were in use at its begin."""
LIFE_MS = 90 * 86_400_000
"""Or when it is so old: what nothing refers to is gone after twice that."""
LEFT_SHARE = 8
"""A step deletes at least an eighth of what is left of a generation: whoever tells many texts a record
would else tell them faster than they go."""
NO_TEXTS = frozenset(("event", "id_hi", "id_lo"))
"""Columns of 64 bits that are no hashes of texts; any other is taken for one."""
DROPPED = "texts_dropped"
"""Counter in the marker."""


class Pace(NamedTuple):
    """A step after every so many records of the partition; in each so many users at the most, and so many
    rows, or a share of what is left of them.
    """

    records: int = 16_384
    users: int = 1_024
    rows: int = 4_096


PACE = Pace()


class View(Protocol):
    """A partition's rows as they are at the step."""

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key, None where there is none."""
        ...

    def users_after(self, user: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` users (pseudonym, row) behind a pseudonym, in order."""
        ...


def step(view: View, marker: Marker, pace: Pace) -> Rows:
    """Do the next part of the work, if there is any; change the marker, return the rows to write.

    While a user's row cannot be read nothing is dropped: what it refers to is not known.
    """
    if marker.set_aside:
        return {}
    generation, rows = marker.generation, Rows()
    if generation.number and generation.since_ms == NEVER_MS:
        generation.since_ms = marker.stream_ms  # its age counts from its first step
    if not generation.old and not generation.leftover and _is_over(marker):
        marker.generation = Generation(
            generation.number + 1, marker.stream_ms, generation.kept, marker.names
        )
        marker.names = 0
    if marker.generation.old:
        rows |= _copied(view, marker, pace.users)
    if marker.generation.leftover:
        rows |= _deleted(marker, pace.rows)
    return rows


def _is_over(marker: Marker) -> bool:
    """Whether the generation has grown or lived enough; one of an earlier build ends at the first step."""
    generation = marker.generation
    aged = marker.stream_ms - generation.since_ms >= LIFE_MS
    return marker.names > 0 and (aged or marker.names >= max(FEW, GROWN * generation.kept))


def _copied(view: View, marker: Marker, most: int) -> Rows:
    """Copy what the next users' rows refer to; behind the last of them the copying is done."""
    generation = marker.generation
    found = view.users_after(generation.swept, most)
    state = _readable(found)
    if state is None:
        return {}
    rows = Texts(view.get_many, marker).copy(referred(state))
    if len(found) == most:
        generation.swept = found[-1][0]
        return rows
    marker.counts[DROPPED] = marker.counts.get(DROPPED, 0) + generation.old - generation.moved
    generation.leftover, generation.kept = rows_of(generation.old), marker.names
    generation.old, generation.moved, generation.swept = 0, 0, b""
    return rows


def _readable(found: list[tuple[bytes, bytes]]) -> UserState | None:
    """Return the users' rows as columns, None where one cannot be read."""
    try:
        return unpack_rows([key for key, _ in found], [row for _, row in found])
    except Exception as error:
        if not may_be_the_input(error):
            raise
        return None


def _deleted(marker: Marker, most: int) -> Rows:
    """Delete rows of the generation before, the last ones first."""
    generation = marker.generation
    table = table_of(marker.secret, generation.number - 1)
    first = max(generation.leftover - max(most, generation.leftover // LEFT_SHARE), 0)
    places = range(first, generation.leftover)
    generation.leftover = first
    return {table.key(place): None for place in places}


def referred(state: UserState) -> list[int]:
    """Return the hashes of texts that rows refer to, sorted."""
    columns = [
        section.data[name]
        for section in (getattr(state, part) for part in (*FACTS, *JOURNALS))
        for name in section.data.dtype.names or ()
        if section.data.dtype[name] == np.dtype("<u8") and name not in NO_TEXTS
    ]
    numbers: list[int] = np.unique(np.concatenate(columns)).tolist()
    return [number for number in numbers if number != NO_ID]
