"""A partition's rows: users', the marker, the engine's progress, the dictionary."""

from __future__ import annotations

import random
from functools import cache

import msgspec
from fuzz.deployment import ENDS, SETTINGS, VAULT
from fuzz.mutate import flipped, spoilt_msgpack
from fuzz.seeds import NOW_MS, SEEDS
from fuzz.target import Inputs, Target, promise

from schemas.tables import SourceRecord
from streams.engine.progress import Progress, marked, unpack
from streams.pipeline.aggregate import pack_rows, unpack_rows
from streams.pipeline.pipeline import Pipeline
from streams.shared.blame import NEVER_THE_INPUT
from streams.state.marker import read_marker
from streams.state.store import (
    MARKER,
    NAMES,
    USER,
    ForeignStateError,
    MemoryStore,
    StoreError,
    UndecidedError,
)

MOST_SPOILT = 10
"""Below what containment sets aside of any batch."""
GIVES_UP = (UndecidedError, ForeignStateError, StoreError)


def _records(first: int) -> list[SourceRecord]:
    """Sound records of 30 users, the same ones each time."""
    made, rng = list[SourceRecord](), random.Random(first)
    for n in range(first, first + 90):
        topic = rng.choice(("clicks", "clicks", "purchases", "context"))
        user, now_ms = f"u{n % 30}", NOW_MS + n * 60_000
        record = rng.choice(SEEDS[topic]) | {"user_id": user, "event_id": f"e{n}", "ts": now_ms}
        value = msgspec.json.encode(record)
        made.append(SourceRecord(topic, 0, n, now_ms, user.encode(), value))
    return made


@cache
def _state() -> dict[bytes, bytes]:
    store = MemoryStore()
    for effects in Pipeline(SETTINGS, VAULT).process_whole(0, store, _records(0)):
        store.apply(effects.rows)
    return store.rows


def _spoilt(rng: random.Random, prefix: bytes | tuple[bytes, ...]) -> tuple[bytes, bytes]:
    key = rng.choice(sorted(key for key in _state() if key.startswith(prefix)))
    return key, flipped(rng, _state()[key])


# -- users' rows


def _make_rows(rng: random.Random) -> Inputs:
    return [_spoilt(rng, USER) for _ in range(300)]


def _check_rows(rows: Inputs) -> None:
    """A row is read, and written as it was, or it raises what sets aside its user and no more."""
    for key, row in rows:
        try:
            state = unpack_rows([key[1:]], [row])
        except NEVER_THE_INPUT:
            raise
        except Exception:
            continue
        promise(bool(pack_rows(state)), "a row that can be read cannot be written")


def _make_stored(rng: random.Random) -> Inputs:
    return [_spoilt(rng, USER) for _ in range(MOST_SPOILT)]


def _check_stored(rows: Inputs) -> None:
    """Spoilt rows cost their own users at most: the batch is decided, and all is accounted for."""
    store, job = MemoryStore(), Pipeline(SETTINGS, VAULT)
    store.apply(_state() | dict(rows))
    for effects in job.process_whole(0, store, _records(90)):
        store.apply(effects.rows)
    marker = read_marker(store)
    ends = sum(marker.counts.get(name, 0) for name in ENDS)
    promise(ends == marker.counts["consumed"], "law 4 does not hold", marker.counts)
    others = set(marker.set_aside) - {key[1:] for key, _ in rows}
    promise(not others, "a user is set aside whose row is sound", others)


# -- the marker, the engine's progress


def _make_markers(rng: random.Random) -> Inputs:
    marker = msgspec.msgpack.decode(_state()[MARKER])
    return [spoilt_msgpack(rng, marker, 2) for _ in range(5)]


def _check_markers(values: Inputs) -> None:
    """With a marker that cannot be a batch is decided, or nothing is, and nothing set aside."""
    for value in values:
        store = MemoryStore()
        store.apply(_state() | {MARKER: value})
        try:
            Pipeline(SETTINGS, VAULT).process(0, store, _records(90)[:5])
        except GIVES_UP:
            continue


def _make_progress(rng: random.Random) -> Inputs:
    told = msgspec.to_builtins(Progress({"clicks": 7, "context": 9}, NOW_MS, NOW_MS))
    return [spoilt_msgpack(rng, told, 2) for _ in range(500)]


def _check_progress(values: Inputs) -> None:
    """A row is read or is not: no error is one of memory or of the disk."""
    for value in values:
        for read in (unpack, marked):
            try:
                read(value)
            except NEVER_THE_INPUT:
                raise
            except Exception:  # the caller starts over from the log
                continue


# -- the dictionary


def _make_dictionary(rng: random.Random) -> Inputs:
    return [_spoilt(rng, NAMES) for _ in range(2)]


def _check_dictionary(rows: Inputs) -> None:
    """A row of texts that cannot be read costs no event: all is decided, or nothing is."""
    store = MemoryStore()
    store.apply(_state() | dict(rows))
    try:
        effects = Pipeline(SETTINGS, VAULT).process(0, store, _records(90))
    except GIVES_UP:
        return
    store.apply(effects.rows)
    dead = read_marker(store).counts.get("dead_letters", 0)
    promise(not dead, "a spoilt text makes dead letters", dead)


TARGETS = {
    "rows": Target(_make_rows, _check_rows, 90),
    "stored_rows": Target(_make_stored, _check_stored, 1),
    "markers": Target(_make_markers, _check_markers, 2),
    "progress": Target(_make_progress, _check_progress, 500),
    "dictionary": Target(_make_dictionary, _check_dictionary, 1),
}
