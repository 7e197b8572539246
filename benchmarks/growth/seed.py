"""State as if everybody had been here before: real rows of a replay, moved and multiplied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.job.stream import made_up_stream
from schemas.globals import Epoch
from schemas.moments import MOMENT, times_ms
from schemas.state import (
    FLAG_EVENTS_TRUNCATED,
    HEAD,
    JOURNALS,
    NEVER_MS,
    TILE_MS,
    Ragged,
    UserState,
)
from schemas.tables import SourceRecord
from streams.knowledge.shared import Knowledge
from streams.offline.replay import replay
from streams.pipeline.aggregate import pack_rows, unpack_rows
from streams.pipeline.assemble import assemble
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings
from streams.state.marker import Marker
from streams.state.store import MARKER, NAMES, USER

DAY_MS = 86_400_000
USERS, EVENTS = 5_000, 60_000
LEAST_AGO_MS, MOST_AGO_MS = 2 * 3_600_000, 3 * DAY_MS
CHUNK, POOL = 20_000, 6_000
SITUATIONS = 300
"""User numbers that leave the same remainder have the same device, zone and consent."""
REPEATED = {
    "tiles": ("type", "tile"),
    "events": ("line", "event", "ts_ms"),
    "seen": ("event", "event_high"),
}
"""Sections that are multiplied with the days, and their order, least key first; of ``seen`` time is last."""
MOVED = {
    "context": ("ts_ms",),
    "pushes": ("at_ms", "expires_ms", "created_ms", "sent_ms", "first_ms", "last_ms"),
    "debounce": ("at_ms",),
}


@dataclass(frozen=True, slots=True)
class Template:
    """What a replay left behind: users' rows, the dictionary, and a pipeline that knows it all.

    ``names``: the dictionary, and a marker that says how long it is. ``alike[k]``: which users' numbers leave ``k`` when divided by `SITUATIONS`; all if none do.
    """

    users: UserState
    alike: list[NDArray[np.int64]]
    names: dict[bytes, bytes]
    pipeline: Pipeline


def template(settings: Settings, users: int = USERS, events: int = EVENTS) -> Template:
    """Replay a made-up stream on one partition and keep what it leads to."""
    pipeline = assemble(settings)
    log = list(made_up_stream(events, users, seed=1))
    done = replay(log, pipeline, lambda output: None)
    rows = done.stores[0].rows
    known = {key: row for key, row in rows.items() if key.startswith(USER)}
    state = unpack_rows([key[len(USER) :] for key in known], list(known.values()))
    names = {key: row for key, row in rows.items() if key.startswith(NAMES)}
    marker = done.markers()[0]
    told = Marker(names=marker.names, generation=marker.generation)
    names[MARKER] = msgspec.msgpack.encode(told)
    return Template(state, _alike(state, pipeline), names, _knowing(pipeline, log, done.epoch))


def _knowing(pipeline: Pipeline, log: list[SourceRecord], epoch: bytes | None) -> Pipeline:
    """Return the pipeline with the log's catalogue, and its last epoch from the beginning."""
    last = msgspec.msgpack.decode(epoch or b"", type=Epoch)
    made = Pipeline(pipeline.settings, pipeline.vault, Knowledge(last), pipeline.bundle)
    for record in log:
        if record.topic == "catalog":
            made.knowledge.apply_catalog(record)
    return made


def _alike(state: UserState, pipeline: Pipeline) -> list[NDArray[np.int64]]:
    numbers = [int(each[1:]) for each in map(pipeline.vault.unseal, state.sealed, state.keys)]
    kinds = np.array(numbers) % SITUATIONS
    found = [np.flatnonzero(kinds == kind) for kind in range(SITUATIONS)]
    return [alike if len(alike) else np.arange(len(state)) for alike in found]


def name_of(number: int) -> str:
    """Return a user's id; all have one length, so that their sealed ids have too."""
    return f"u{number:09d}"


def seeded(made: Template, users: int, days: int) -> Iterator[dict[bytes, bytes]]:
    """Yield the rows of a partition with ``users`` users of ``days`` days of history, in pieces.

    A user's situation (device, zone, consent) is what the stream tells of that number.
    """
    yield made.names
    if days == 0:
        return
    rng, vault, pool = np.random.default_rng(3), made.pipeline.vault, _pool(made, days)
    for start in range(0, users, CHUNK):
        piece = {}
        picks = rng.integers(0, POOL, CHUNK).tolist()
        for number, pick in zip(range(start, min(start + CHUNK, users)), picks, strict=False):
            name, rows = name_of(number), pool[number % SITUATIONS]
            before, after = rows[pick % len(rows)]
            piece[USER + vault.pseudonym(name)] = before + vault.seal(name) + after
        yield piece


def _pool(made: Template, days: int) -> list[list[tuple[bytes, bytes]]]:
    """For each situation packed rows that differ, cut around the place of the sealed id."""
    rng, vault = np.random.default_rng(3), made.pipeline.vault
    picks = [rng.choice(alike, POOL // SITUATIONS) for alike in made.alike]
    state = made.users.take(np.concatenate(picks))
    state.sealed = [vault.seal(name_of(0))] * len(state)
    tiles = rng.integers(LEAST_AGO_MS // TILE_MS, MOST_AGO_MS // TILE_MS, len(state))
    age(state, days, tiles * TILE_MS, made.pipeline.settings)
    sealed = slice(HEAD.itemsize, HEAD.itemsize + len(state.sealed[0]))
    rows = [(row[: sealed.start], row[sealed.stop :]) for row in pack_rows(state)]
    size = POOL // SITUATIONS
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def age(state: UserState, days: int, ago_ms: NDArray[np.int64], settings: Settings) -> None:
    """Move each user's row into the past (by whole tiles), its facts repeated on the days before.

    Timers are gone, as after a quiet time; what the settings would have trimmed is trimmed.
    """
    head = state.head
    head["newest_ms"] -= ago_ms
    head["first_ms"] -= ago_ms + (days - 1) * DAY_MS
    head["floor_ms"] = NEVER_MS
    head["total"] *= days
    for name, order in REPEATED.items():
        rows = _repeated(getattr(state, name), days, ago_ms, order, head["newest_ms"])
        setattr(state, name, rows)
    for name, times in MOVED.items():
        rows = getattr(state, name)
        data = rows.data.copy()
        for each in times:
            data[each] -= ago_ms[rows.slots]
        setattr(state, name, Ragged(data, rows.offsets))
    state.timers = Ragged.empty(len(state), JOURNALS["timers"])
    _trim(state, settings)


def _repeated(
    rows: Ragged,
    days: int,
    ago_ms: NDArray[np.int64],
    order: tuple[str, ...],
    newest_ms: NDArray[np.int64],
) -> Ragged:
    copies = []
    for day in range(days):
        data, back_ms = rows.data.copy(), ago_ms[rows.slots] + day * DAY_MS
        if "tile" in order:
            data["tile"] -= (back_ms // TILE_MS).astype(np.uint32)
        else:
            time = "ts_ms" if "ts_ms" in order else "low_ms"
            data[time] -= back_ms.astype(data[time].dtype)
            data["event"] ^= np.array(day, data["event"].dtype)  # another event
        copies.append(data)
    data, slots = np.concatenate(copies), np.tile(rows.slots, days)
    keys = [data[name] for name in order]
    if data.dtype == MOMENT:
        keys.append(times_ms(data, newest_ms[slots]))
    place = np.lexsort((*keys, slots))
    return Ragged.group(len(rows.offsets) - 1, slots[place], data.take(place))


def _trim(state: UserState, settings: Settings) -> None:
    slots, events = state.events.slots, state.events.data
    newest = state.events.offsets[1:][slots] - np.arange(len(slots)) <= settings.recent_events
    state.head["flags"][slots[~newest]] |= FLAG_EVENTS_TRUNCATED
    state.events = Ragged.group(len(state), slots[newest], events[newest])
    slots, seen = state.seen.slots, state.seen.data
    newest_ms = state.head["newest_ms"][slots]
    inside = times_ms(seen, newest_ms) >= newest_ms - settings.lateness_ms
    state.seen = Ragged.group(len(state), slots[inside], seen[inside])
