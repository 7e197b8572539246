"""One user's row, column by column.

A row is facts then journal: ``HEAD | sealed id | tiles | events | seen | context | orders | carts`` and
``JOURNAL | pushes | timers | debounce | budget | consent | early``; `streams.state.rows` packs it. Facts depend on the set
of accepted events alone, the journal on the input sequence (DESIGN law 1). All integers are
little-endian; times are milliseconds UTC unless the name says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from schemas.moments import MOMENT
from schemas.money import NO_CURRENCY

ROW_VERSION = 4
TILE_MS = 15 * 60_000
NEVER_MS = -(2**62)
"""The time of something that never happened; far enough from the edge to subtract from."""

TILE = np.dtype([("tile", "<u4"), ("n", "<u2"), ("type", "u1")])
EVENT = np.dtype(
    [
        ("ts_ms", "<i8"),
        ("event", "<u8"),
        ("item", "<u8"),
        ("category", "<u8"),
        ("price_minor", "<i8"),  # -1: not known
        ("currency", "<u2"),  # `schemas.money`
        ("quantity", "<u2"),
        ("line", "<u2"),
        ("type", "u1"),
    ]
)
SEEN = MOMENT
CONTEXT = np.dtype([("ts_ms", "<i8"), ("event", "<u8"), ("value", "<u8"), ("field", "u1")])
ORDER_LINE = np.dtype(
    [
        ("ts_ms", "<i8"),
        ("event", "<u8"),
        ("item", "<u8"),
        ("quantity", "<u2"),
        ("line", "<u2"),
        ("type", "u1"),
    ]
)
CART_MOVE = np.dtype([("ts_ms", "<i8"), ("event", "<u8"), ("item", "<u8"), ("type", "u1")])
"""Both are tables of hard rules (`schemas.deeds`)."""
PUSH = np.dtype(
    [
        ("id_hi", "<u8"),
        ("id_lo", "<u8"),
        ("item", "<u8"),
        ("category", "<u8"),
        ("at_ms", "<i8"),  # send_after
        ("expires_ms", "<i8"),
        ("created_ms", "<i8"),
        ("kind", "u1"),
        ("status", "u1"),  # our own: PUBLISHED or CANCELLED
        ("words", "u1"),  # `streams.pipeline.publish.words`
        ("origin", "u1"),  # `PushOrigin`
        ("revision", "u1"),  # how often it was moved
        (
            "told",
            "<u2",
        ),  # a bit for each status that a receipt told: `streams.pipeline.aggregate.fates`
        ("sent_ms", "<i8"),  # the earliest; `NEVER_MS`: not told, in all three
        ("first_ms", "<i8"),  # the earliest showing on any device
        ("last_ms", "<i8"),  # the latest
    ]
)
EARLY = np.dtype(
    [
        ("ts_ms", "<i8"),
        ("id_hi", "<u8"),
        ("id_lo", "<u8"),
        ("status", "u1"),
        ("revision", "u1"),  # `NO_REVISION`: not told
    ]
)
"""A receipt whose push is not known (yet)."""
NO_REVISION = 255
TIMER = np.dtype([("due_ms", "<i8"), ("event", "<u8"), ("item", "<u8"), ("kind", "u1")])
DEBOUNCE = np.dtype([("at_ms", "<i8"), ("kind", "u1")])
BUDGET = np.dtype([("hour", "<i4"), ("decisions", "<u2")])
"""Decisions in the latest hour of stream time that had any, counted from 1970; one row at most."""
CONSENT = CONTEXT
"""An answer about consent, its ``ts_ms`` the time from which it counts; see `add_answers`."""

FACTS = {
    "tiles": TILE, "events": EVENT, "seen": SEEN, "context": CONTEXT, "orders": ORDER_LINE,
    "carts": CART_MOVE,
}  # fmt: skip
JOURNALS = {
    "pushes": PUSH,
    "timers": TIMER,
    "debounce": DEBOUNCE,
    "budget": BUDGET,
    "consent": CONSENT,
    "early": EARLY,
}
"""One more section is a line here and a field of `UserState`; rows of earlier versions have none of it."""
JOURNAL = np.dtype([(name, "<u2") for name in JOURNALS])
"""How many rows each section of the journal has."""

HEAD = np.dtype(
    [
        ("version", "u1"),
        ("flags", "u1"),
        ("sealed", "<u2"),  # bytes of the sealed subscriber id
        ("total", "<u4"),  # accepted events, ever
        ("newest_ms", "<i8"),
        ("first_ms", "<i8"),
        ("floor_ms", "<i8"),  # events older than this were forgotten: they are late
        ("orders_forgot_ms", "<i8"),  # the newest line that a table let go
        ("carts_forgot_ms", "<i8"),
        *((name, "<u4") for name in FACTS),  # rows of each section of the facts
    ]
)
FORGOTTEN: dict[str, int | str] = {
    "head.orders_forgot_ms": "newest_ms",
    "head.carts_forgot_ms": "newest_ms",
    "pushes.words": 0,
    "whats.currency": NO_CURRENCY,
    "pushes.origin": 0,  # published: earlier builds kept no others
    "pushes.revision": 0,
    "pushes.told": 0,  # the status says it
    "pushes.sent_ms": NEVER_MS,  # the sending replaced at_ms
    "pushes.first_ms": NEVER_MS,
    "pushes.last_ms": NEVER_MS,
}
"""What a row of an earlier version says in a column that it does not have, by ``section.column`` (``head``
is a section, too): a number, or the column of its own `HEAD` that tells it."""

FLAG_SEEN_TRUNCATED = 1
FLAG_EVENTS_TRUNCATED = 2


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return records of one dtype one after the other; NumPy alone goes field by field."""
    dtype = parts[0].dtype
    plain = np.dtype((np.void, dtype.itemsize))
    return np.concatenate([np.ascontiguousarray(part).view(plain) for part in parts]).view(dtype)


@dataclass(slots=True)
class Ragged:
    """Rows of several users, one user after the other: ``data[offsets[i]:offsets[i + 1]]``."""

    data: NDArray[Any]
    offsets: NDArray[np.int64]
    _slots: NDArray[np.int64] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def empty(cls, users: int, dtype: np.dtype[Any]) -> Self:
        """Return no rows for each of ``users`` users."""
        return cls(np.zeros(0, dtype), np.zeros(users + 1, np.int64))

    @classmethod
    def group(cls, users: int, slots: NDArray[np.int64], data: NDArray[Any]) -> Self:
        """Return ``data`` that is already sorted by ``slots`` as the rows of ``users`` users."""
        grouped = cls(data, slots.searchsorted(np.arange(users + 1)))
        grouped._slots = slots
        return grouped

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Rows per user."""
        return self.offsets[1:] - self.offsets[:-1]

    @property
    def slots(self) -> NDArray[np.int64]:
        """The user of each row."""
        if self._slots is None or len(self._slots) != len(self.data):
            self._slots = np.arange(len(self.offsets) - 1).repeat(self.lengths)
        return self._slots

    def of(self, user: int) -> NDArray[Any]:
        """The rows of one user (a view)."""
        return self.data[self.offsets[user] : self.offsets[user + 1]]

    def take(self, users: NDArray[np.int64]) -> Ragged:
        """The rows of the chosen users, in that order."""
        lengths = self.lengths[users]
        offsets = np.zeros(len(users) + 1, np.int64)
        lengths.cumsum(out=offsets[1:])
        rows = np.arange(offsets[-1])
        rows += (self.offsets[users] - offsets[:-1]).repeat(lengths)
        # `take` copies a record at once; indexing would copy it field by field.
        return Ragged(self.data.take(rows), offsets)


@dataclass(slots=True)
class UserState:
    """The rows of ``n`` users as columns: what features, triggers and policy read.

    ``keys``: pseudonyms (16 bytes); ``sealed``: encrypted subscriber ids; ``head``: `HEAD`
    (its section counts are filled when the row is packed); the rest are `Ragged`.
    ``tiles`` are sorted by (tile, type), ``events``, ``seen``, ``orders``, ``carts`` and ``pushes`` oldest first,
    ``context`` by field, ``consent`` by field, then by what was answered,
    ``early`` by time, id and status.
    """

    keys: list[bytes]
    sealed: list[bytes]
    head: NDArray[Any]
    tiles: Ragged
    events: Ragged
    seen: Ragged
    context: Ragged
    orders: Ragged
    carts: Ragged
    pushes: Ragged
    timers: Ragged
    debounce: Ragged
    budget: Ragged
    consent: Ragged
    early: Ragged

    def __len__(self) -> int:
        """Users."""
        return len(self.keys)

    def take(self, users: NDArray[np.int64]) -> UserState:
        """The chosen users, in that order (repeats allowed)."""
        if not len(users):
            return self.fresh([])
        chosen = users.tolist()
        return UserState(
            [self.keys[i] for i in chosen],
            [self.sealed[i] for i in chosen],
            self.head.take(users),
            *(getattr(self, name).take(users) for name in (*FACTS, *JOURNALS)),
        )

    @classmethod
    def fresh(cls, keys: list[bytes]) -> Self:
        """Users of whom nothing is known."""
        head = np.zeros(len(keys), HEAD)
        head["version"] = ROW_VERSION
        for name in HEAD.names or ():
            if name.endswith("_ms"):
                head[name] = NEVER_MS
        sections = (
            Ragged.empty(len(keys), dtype) for dtype in (*FACTS.values(), *JOURNALS.values())
        )
        return cls(keys, [b""] * len(keys), head, *sections)
