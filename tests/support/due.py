"""Due users written by hand: context, pushes and events as plain tuples."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from schemas.ids import hash64
from schemas.state import CONSENT, CONTEXT, DEBOUNCE, EVENT, NEVER_MS, PUSH, Ragged, UserState
from schemas.tables import CandidateSet, DueUsers
from schemas.vocabulary import (
    CONSENTS,
    ContextField,
    EventType,
    PushStatus,
    Standing,
    TriggerKind,
)
from streams.state.refill import tables_of

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EVENING_MS = 1_774_738_200_000  # Saturday 28 March 2026, 22:50 in London, which is UTC that night


def utc_ms(text: str) -> int:
    """Milliseconds of an ISO time with zone."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@dataclass
class Person:
    """A due user; ``pushes``: (at_ms, item, status), ``events``: (ts_ms, type, item, quantity)."""

    now_ms: int = EVENING_MS
    consent: str | None = "granted"
    personalisation: str | None = None
    timezone: str | None = None
    locale: str | None = None
    kind: TriggerKind = TriggerKind.CART_LEFT
    due_ms: int = -1
    item: int = 0
    pos: int = 0
    standing: Standing = Standing.STANDS
    pushes: list[tuple[int, int, PushStatus]] = field(default_factory=list)
    events: list[tuple[int, EventType, int, int]] = field(default_factory=list)
    debounce: list[tuple[int, TriggerKind]] = field(default_factory=list)


TEXTS: dict[int, str] = {}


def texts(number: int) -> str | None:
    """The dictionary of everything these builders hashed."""
    return TEXTS.get(number)


def named(text: str) -> int:
    """The hash of a text that `texts` knows from now on."""
    TEXTS[hash64(text)] = text
    return hash64(text)


def due_users(*people: Person) -> DueUsers:
    """The table of these users, in that order; the k-th has the key k."""
    state = UserState.fresh([k.to_bytes(16, "big") for k in range(len(people))])
    state.sealed = [f"user-{k}".encode() for k in range(len(people))]
    state.context = _ragged([_context(person) for person in people], CONTEXT)
    state.consent = _ragged([_consent(person) for person in people], CONSENT)
    state.pushes = _ragged([_pushes(person) for person in people], PUSH)
    state.events = _ragged([_events(person) for person in people], EVENT)
    for name, rows in tables_of(state.events).items():
        setattr(state, name, rows)
    state.debounce = _ragged(
        [np.array([tuple(row) for row in person.debounce], DEBOUNCE) for person in people], DEBOUNCE
    )
    return DueUsers(
        state,
        np.array([person.kind for person in people], np.uint8),
        np.arange(1, len(people) + 1, dtype=np.uint64),
        np.array([person.item for person in people], np.uint64),
        np.zeros(len(people), np.uint64),
        np.array([person.due_ms for person in people], np.int64),
        np.array([person.now_ms for person in people], np.int64),
        np.array([person.pos for person in people], np.int64),
        np.array([person.now_ms for person in people], np.int64),
        np.array([person.standing for person in people], np.uint8),
    )


def candidate_set(*rows: tuple[int, int, float, float]) -> CandidateSet:
    """Pairs of (due, item, fused probability, source score), all of which the user left in the cart."""
    due, item, h, source_score = (list(column) for column in zip(*rows, strict=True))
    return CandidateSet(
        np.array(due, np.int64),
        np.array(item, np.uint64),
        np.full(len(rows), named("kitchen"), np.uint64),
        np.full(len(rows), 0b11, np.uint32),  # own_recent and cart_left
        np.array(source_score, np.float32),
        features=np.arange(len(rows) * 3, dtype=np.float32).reshape(len(rows), 3),
        h_t=np.array(h, np.float64),
        h_c=np.array(h, np.float64),
        h=np.array(h, np.float64),
    )


def no_candidates() -> CandidateSet:
    """The empty set."""
    return candidate_set((0, 1, 0.5, 0.5)).take(np.zeros(0, np.int64))


def _context(person: Person) -> np.ndarray:
    told = {
        ContextField.LOCALE: person.locale,
        ContextField.TIMEZONE: person.timezone,
    }
    rows = [(0, 1, named(text) if text else 0, f) for f, text in told.items() if text is not None]
    return np.array(rows, CONTEXT)


def _consent(person: Person) -> np.ndarray:
    rows = []
    for about, told in zip(CONSENTS, (person.consent, person.personalisation), strict=True):
        if told is not None:
            rows.append((0, 1, named(told) if told else 0, about))
    return np.array(rows, CONSENT)


def _pushes(person: Person) -> np.ndarray:
    rows = np.zeros(len(person.pushes), PUSH)
    for i, (at_ms, item, status) in enumerate(person.pushes):
        begin = (7, i, item, 0, at_ms, at_ms + DAY_MS, at_ms - 1)
        rows[i] = (*begin, 0, status, 0, 0, 0, 0, *[NEVER_MS] * 3)
    return rows


def _events(person: Person) -> np.ndarray:
    rows = np.zeros(len(person.events), EVENT)
    for i, (ts_ms, kind, item, quantity) in enumerate(person.events):
        rows[i] = (ts_ms, i + 1, item, 0, -1, 0, quantity, 0, kind)
    return rows


def _ragged(parts: list[np.ndarray], dtype: np.dtype) -> Ragged:
    offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
    return Ragged(np.concatenate([np.zeros(0, dtype), *parts]), offsets)
