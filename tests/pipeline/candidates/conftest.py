"""Builders: due users from lists of events, epochs and catalogues from dictionaries."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from models.bundle import tables as item_tables
from models.bundle.sessions import HELD, LED
from models.items import Histories
from models.train.sessions import session_tables
from schemas.globals import Epoch
from schemas.ids import hash64
from schemas.money import currency_number
from schemas.state import CONTEXT, EVENT, Ragged, UserState
from schemas.tables import DueUsers
from schemas.vocabulary import (
    FRIENDS,
    INTERESTS,
    WORDS,
    ContextField,
    EventType,
    Standing,
    TriggerKind,
)
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import EpochView, Shared
from streams.pipeline.candidates.proposals import View
from streams.settings import Settings
from streams.state.refill import tables_of

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


def _events(users, now_ms):
    rows, slots = [], []
    for slot, events in enumerate(users):
        made = []
        for n, (item, kind, age_h, *more) in enumerate(events):
            category = hash64(more[0]) if more and more[0] else 0
            quantity = more[1] if len(more) > 1 else 1
            price = more[2] if len(more) > 2 else -1
            currency = currency_number(more[3] if len(more) > 3 else "EUR")
            ts_ms = now_ms - int(age_h * HOUR_MS)
            number = hash64(item) if item else 0
            made.append((ts_ms, n + 1, number, category, price, currency, quantity, 0, kind))
        rows += sorted(made, key=lambda row: row[:2])
        slots += [slot] * len(made)
    made = np.array([tuple(row) for row in rows], EVENT)
    return Ragged.group(len(users), np.array(slots, np.int64), made)


def _context(users, cells, interests, segments, words, friends, now_ms):
    told = [(slot, ContextField.CELL, cell, 0) for slot, cell in enumerate(cells) if cell]
    told += [
        (slot, field, name, 0)
        for slot, names in enumerate(interests)
        for field, name in zip(INTERESTS, names, strict=False)
    ]
    told += [(slot, ContextField.SEGMENT_1, name, 0) for slot, name in enumerate(segments) if name]
    told += [
        (slot, field, word, search[0])
        for slot, search in enumerate(words)
        if search
        for field, word in zip(WORDS, search[1], strict=False)
    ]
    told = [(slot, field, hash64(text), age_h) for slot, field, text, age_h in told]
    told += [
        (slot, field, number, 0)
        for slot, mine in enumerate(friends)
        for field, number in zip(FRIENDS, mine, strict=False)
    ]
    told.sort()
    rows = [(now_ms - int(age_h * HOUR_MS), 1, value, field) for _, field, value, age_h in told]
    slots = np.array([slot for slot, *_ in told], np.int64)
    return Ragged.group(users, slots, np.array(rows, CONTEXT))


def make_due(
    users,
    kinds=None,
    items=None,
    categories=None,
    now_ms=NOW_MS,
    cells=(),
    interests=(),
    segments=(),
    words=(),
    friends=(),
):
    """``users``: per user a list of (item, event type, age in hours[, category[, quantity[, price]]]).

    ``words``: per user (age in hours, words) of the latest search; ``friends``: the numbers of users
    whom each follows.
    """
    state = UserState.fresh([slot.to_bytes(16, "little") for slot in range(len(users))])
    state.events = _events(users, now_ms)
    for name, rows in tables_of(state.events).items():
        setattr(state, name, rows)
    state.context = _context(len(users), cells, interests, segments, words, friends, now_ms)
    n = len(users)
    return DueUsers(
        state=state,
        kind=np.array(kinds or [TriggerKind.CONTEXT_CHANGE] * n, np.uint8),
        cause=np.arange(1, n + 1, dtype=np.uint64),
        item=hashes(items or [None] * n),
        category=hashes(categories or [None] * n),
        due_ms=np.full(n, -1),
        now_ms=np.full(n, now_ms),
        pos=np.zeros(n, np.int64),
        reached_ms=np.full(n, now_ms),
        standing=np.full(n, Standing.STANDS, np.uint8),
    )


def hashes(texts):
    return np.array([hash64(text) if text else 0 for text in texts], np.uint64)


def packed(scored):
    """Item -> score as an epoch's columns, in the given order."""
    items = hashes(scored).astype("<u8").tobytes()
    return items, np.array(list(scored.values()), "<f4").tobytes()


def make_shared(
    trending=None,
    by_category=None,
    neighbours=None,
    arrivals=None,
    categories=None,
    catalogue=(),
    tables=None,
    sessions=(),
    by_cell=None,
    by_segment=None,
    words=None,
    described=None,
    bought_by=None,
):
    """``catalogue``: dicts without ts, or a text for an item that was withdrawn.

    ``tables``: name -> item -> {similar item: score}.
    """
    epoch = Epoch(
        number=1,
        holds_from_ms=0,
        trending=packed(trending or {}),
        category_trending={hash64(k): packed(v) for k, v in (by_category or {}).items()},
        cell_trending={hash64(k): packed(v) for k, v in (by_cell or {}).items()},
        segment_trending={hash64(k): packed(v) for k, v in (by_segment or {}).items()},
        neighbours={hash64(k): packed(v) for k, v in (neighbours or {}).items()},
        arrivals=packed(arrivals or {}),
        bought_by={k: packed(v) for k, v in (bought_by or {}).items()},
        words={hash64(k): packed(v) for k, v in (words or {}).items()},
        described={hash64(k): packed(v) for k, v in (described or {}).items()},
        categories_of={hash64(k): hash64(v) for k, v in (categories or {}).items()},
    )
    return Shared(
        EpochView.decode(epoch), make_catalogue(catalogue), make_tables(tables or {}, sessions)
    )


def make_tables(tables, sessions=()):
    names = {
        name for lists in tables.values() for key, found in lists.items() for name in (key, *found)
    }
    names |= {name for session in sessions for name in session}
    items = np.sort(hashes(sorted(names)))
    columns = {}
    if sessions:
        users = np.repeat(np.arange(len(sessions)), [len(session) for session in sessions])
        seen = np.searchsorted(items, hashes([name for session in sessions for name in session]))
        history = Histories.group(users, seen, users * HOUR_MS, len(sessions))
        columns |= zip((LED, HELD), session_tables(history, len(items)), strict=True)
    for name, lists in tables.items():
        by_hash = {hash64(key): found for key, found in lists.items()}
        rows = [by_hash.get(item, {}) for item in items.tolist()]
        starts = np.cumsum([0, *map(len, rows)])
        item = np.searchsorted(items, hashes([key for row in rows for key in row]))
        score = np.array([value for row in rows for value in row.values()], np.float32)
        columns[name] = (starts, item, score)
    return item_tables.ItemTables.of(item_tables.columns_of(item_tables.packed(items, columns)))


def make_catalogue(records):
    catalogue = Catalogue()
    for record in records:
        if isinstance(record, str):
            assert catalogue.apply(record.encode(), None, 0) is None
            continue
        body = {"ts": NOW_MS - 365 * 24 * HOUR_MS, "currency": "EUR"} | record
        assert catalogue.apply(record["item_id"].encode(), json.dumps(body).encode(), 0) is None
    return catalogue


def rows_of(proposals):
    """(due, item hash) -> score."""
    pairs = zip(proposals.due.tolist(), proposals.item.tolist(), strict=True)
    scores = getattr(proposals, "score", None)
    scores = proposals.source_score if scores is None else scores
    return dict(zip(pairs, scores.tolist(), strict=True))


VIEW, SEARCH, CART, REMOVE, FAV, BUY, RETURN = (
    EventType.VIEW,
    EventType.SEARCH,
    EventType.CART,
    EventType.REMOVE_CART,
    EventType.FAV,
    EventType.PURCHASE,
    EventType.RETURN,
)


def rich_shared():
    """Every source has something to say; `sold-out` and `gone` must never be said."""
    lists = {f"i{n}": 1 - n / 40 for n in range(30)} | {"sold-out": 0.9, "gone": 0.8}
    arrived = [
        {"item_id": f"new{n}", "created_ts": NOW_MS - n * HOUR_MS, "category_id": "c1"}
        for n in range(30)
    ]
    arrived += [
        {"item_id": f"old{n}", "created_ts": NOW_MS - (32 + 6 * n) * 24 * HOUR_MS}
        for n in range(70)
    ]
    arrived += [{"item_id": f"i{n}", "price_minor": 500, "category_id": "c1"} for n in range(3)]
    similar = {f"i{n}": {k: v / 3 for k, v in lists.items()} for n in range(4)}
    sold_out = {"item_id": "sold-out", "stock": 0, "created_ts": NOW_MS - 1, "category_id": "c1"}
    return make_shared(
        trending=lists,
        by_category={"c1": lists, "c2": {f"j{n}": 1 - n / 9 for n in range(8)}},
        neighbours={f"i{n}": {k: v / 2 for k, v in lists.items()} for n in range(5)},
        categories=dict.fromkeys(lists, "c1") | {"i7": "c2", "i8": "c2"},
        catalogue=[*arrived, sold_out, "gone"],
        tables={"ease": similar, "followers": similar, "content": similar},
        sessions=[["i0", "i1", "i7", "sold-out"], ["i1", "i2", "gone", "i9"], ["i4", "i5"]],
        by_cell={"cell": lists},
        by_segment={"loyal": lists},
        bought_by={71: {"i3": 0.5, "sold-out": 1.0, "i9": 0.9}, 72: {"i1": 1.0, "new2": 0.7}},
        words={"red": lists, "kettle": {"i3": 0.9, "gone": 0.9, "i9": 0.4}},
        described={"new4": {"i0": 0.9, "i1": 0.4}, "gone": {"i0": 0.8, "i3": 0.8}},
    )


def rich_due():
    """Users with all kinds of history; the last one is unknown."""
    return make_due(
        [
            [(f"i{n}", VIEW, n, "c1", 1, 1000) for n in range(25)],
            [("i1", VIEW, 3, "c1"), ("i1", BUY, 2, "c1"), ("i2", CART, 1, "c2"), ("j1", FAV, 9)],
            [
                (None, SEARCH, 1, "c2"),
                ("sold-out", CART, 1, "c1"),
                ("gone", FAV, 2, "c1"),
                ("i3", VIEW, 4, "c1"),
            ],
            [
                ("coffee", BUY, 500),
                ("coffee", BUY, 250),
                ("coffee", BUY, 1),
                ("i9", BUY, 400),
                ("i9", BUY, 200),
                ("new1", BUY, 50),
                ("new1", RETURN, 40),
                ("new2", BUY, 30),
                ("i4", FAV, 1, "c1"),
            ],
            [(f"i{n}", kind, n + 0.5, "c1") for n in range(24) for kind in (CART, FAV)],
            [],
        ],
        kinds=[TriggerKind.CONTEXT_CHANGE] * 4
        + [TriggerKind.PRICE_DROP, TriggerKind.CONTEXT_CHANGE],
        items=[None] * 4 + ["i0", None],
        cells=["cell", "elsewhere", "cell"],
        interests=[[], ["c1", "c2"]],
        segments=["loyal", None, "new"],
        friends=[[71], [72, 71], [73], [71, 72]],
        words=[None, (1, ["red", "kettle"]), (5, ["kettle", "unheard"]), (2, ["red"])],
    )


def make_view(due, shared=None):
    return View.of(due, shared or make_shared(), Settings())


class Build:
    """What the tests of this folder build with."""

    now_ms = NOW_MS
    hour_ms = HOUR_MS
    due = staticmethod(make_due)
    shared = staticmethod(make_shared)
    catalogue = staticmethod(make_catalogue)
    rows = staticmethod(rows_of)
    view = staticmethod(make_view)
    rich_due = staticmethod(rich_due)
    rich_shared = staticmethod(rich_shared)
    nothing = staticmethod(lambda: Shared(None, Catalogue()))


@pytest.fixture(scope="session")
def build():
    return Build


@pytest.fixture
def bytes_of():
    """A set of proposals or candidates as bytes, to compare exactly."""

    def encode(table):
        names = [n for n in table.__dataclass_fields__ if getattr(table, n) is not None]
        return msgspec.msgpack.encode({n: getattr(table, n).tobytes() for n in names})

    return encode
