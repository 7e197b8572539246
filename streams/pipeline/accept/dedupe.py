"""Each event counts once: duplicates and late events leave the batch.

The verdict on an event depends on what came before it, not on where batches were cut: an id is
remembered as long as its time is inside the horizon *at that event*, whether the id came with an
earlier batch or with this one.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.decision import LateEvent
from schemas.ids import hash64
from schemas.moments import event_ids, times_ms
from schemas.state import Ragged, UserState
from schemas.tables import EventBatch
from schemas.vocabulary import CONSENTS, among
from streams.pipeline.accept.columns import DENIED
from streams.settings import Settings

Ints = NDArray[np.int64]

_SHORT = np.iinfo(np.uint16).max
_MIX = np.uint64(0x9E3779B97F4A7C15)
_ACCEPTED, _DUPLICATE, _LATE = 0, 1, 2
_NO = hash64(DENIED)


class _Memory:
    """What one user's row knows of earlier events, moved on event by event.

    ``floor_ms`` rises when more than ``seen_ids`` ids lie inside the horizon and the oldest are
    forgotten: an event older than what was forgotten cannot be told from a duplicate.
    """

    def __init__(self, state: UserState, user: int, known: Ints | None, settings: Settings) -> None:
        """``known``: which of the remembered ids the batch has too, None: too many to keep all."""
        head = state.head[user]
        self.newest_ms = int(head["newest_ms"])
        self._floor_ms = int(head["floor_ms"])
        self._full = known is None
        told = state.seen.of(user) if known is None else state.seen.data[known]
        times = times_ms(told, head["newest_ms"])
        self._seen = dict(zip(event_ids(told).tolist(), times.tolist(), strict=True))
        self._oldest = list(zip(self._seen.values(), self._seen, strict=True))
        heapq.heapify(self._oldest)
        self._lateness_ms, self._seen_ids = settings.lateness_ms, settings.seen_ids

    @property
    def bound_ms(self) -> int:
        """Events before this are late, ids from before this are forgotten."""
        return max(self.newest_ms - self._lateness_ms, self._floor_ms)

    def judge(self, event: int, ts_ms: int) -> int:
        """Return the verdict on the next event, and remember an accepted one."""
        bound_ms = self.bound_ms
        if event in self._seen and self._seen[event] >= bound_ms:
            return _DUPLICATE
        if ts_ms < bound_ms:
            return _LATE
        self.newest_ms = max(self.newest_ms, ts_ms)
        self._seen[event] = ts_ms
        if self._full:
            heapq.heappush(self._oldest, (ts_ms, event))
            self._forget()
        return _ACCEPTED

    def _forget(self) -> None:
        horizon_ms = self.newest_ms - self._lateness_ms
        while self._oldest[0][0] < horizon_ms:
            heapq.heappop(self._oldest)
        while len(self._oldest) > self._seen_ids:
            self._floor_ms = max(self._floor_ms, heapq.heappop(self._oldest)[0] + 1)


def deduplicate(batch: EventBatch, state: UserState, settings: Settings) -> EventBatch:
    """Return the batch without duplicates and late events; late ones are in ``late``.

    What a late event answers about consent stays: it counts from its arrival. So does the "no" of a
    duplicate: its id may have been one of something else, and the journal knows its own noes again.

    ``state`` row i is ``batch.keys[i]``; rows beyond are ignored. An event is a duplicate of one
    accepted before it, else late before ``max(newest - lateness_ms, floor_ms)``, else accepted.
    """
    events = batch.events
    known = _known(events, state.seen)
    full = _full_users(events["user"], state, settings)
    doubtful = full | _doubtful_users(events, known, state, settings)
    verdicts = np.zeros(len(events), np.uint8)
    late: list[LateEvent] = []
    memories: dict[int, _Memory] = {}
    for row in np.flatnonzero(doubtful[events["user"]]).tolist():
        _, user, ts_ms, event = events[row].item()
        memory = memories.get(user)
        if memory is None:
            first, end = np.searchsorted(known, state.seen.offsets[user : user + 2])
            mine = None if full[user] else known[first:end]
            memory = memories[user] = _Memory(state, user, mine, settings)
        verdicts[row] = memory.judge(event, ts_ms)
        if verdicts[row] == _LATE:
            late.append(_late_event(batch, events[row], memory))
    return _without(batch, verdicts, late)


def _full_users(users: Ints, state: UserState, settings: Settings) -> NDArray[np.bool_]:
    """Mark users of whom an id may have to be forgotten for room."""
    more: NDArray[np.int64] = np.bincount(users, minlength=len(state)) + state.seen.lengths
    return more > settings.seen_ids


def _doubtful_users(
    events: NDArray[Any], known: Ints, state: UserState, settings: Settings
) -> NDArray[np.bool_]:
    """Mark users of whom an event may be late or a duplicate; the others' are accepted as one.

    ``known``: which of the remembered ids the batch has too.
    """
    users = events["user"]
    newest = state.head["newest_ms"].copy()
    np.maximum.at(newest, users, events["ts_ms"])
    bound = np.maximum(newest - settings.lateness_ms, state.head["floor_ms"])
    doubtful = np.zeros(len(state), bool)
    doubtful[users[events["ts_ms"] < bound[users]]] = True
    doubtful[users[_repeated(events["event"])]] = True
    doubtful[np.searchsorted(state.seen.offsets, known, side="right") - 1] = True
    return doubtful


def _repeated(ids: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Mark every row whose id occurs more than once in the batch."""
    in_order = np.sort(ids)
    if not (in_order[1:] == in_order[:-1]).any():
        return np.zeros(len(ids), bool)
    _, inverse, counts = np.unique(ids, return_inverse=True, return_counts=True)
    repeated: NDArray[np.bool_] = counts[inverse] > 1
    return repeated


def _known(events: NDArray[Any], seen: Ragged) -> Ints:
    """Return the places in ``seen`` (MOMENT) of ids that the batch has of the same user.

    Tables of what 16 bits of the ids occur drop nearly all others first: sorting what hundreds of
    users remember would cost more than the rest of the batch.
    """
    ids = events["event"]
    maybe = np.flatnonzero(_among(seen.data["event_high"], ids >> np.uint64(32)))
    maybe = maybe[_among(seen.data["event"][maybe] & _SHORT, ids & np.uint64(_SHORT))]
    if not len(maybe):
        return maybe
    users = np.searchsorted(seen.offsets, maybe, side="right") - 1
    told = _of_user(users, event_ids(seen.data.take(maybe)))
    return maybe[np.isin(told, _of_user(events["user"], ids))]


def _of_user(users: NDArray[Any], ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # Two pairs that collide only make one more doubt, never one fewer.
    return ids + users.astype(np.uint64) * _MIX


def _among(shorts: NDArray[Any], wanted: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Mark the 16-bit numbers that are wanted."""
    table = np.zeros(_SHORT + 1, bool)
    table[wanted] = True
    return np.take(table, shorts)


def _late_event(batch: EventBatch, row: NDArray[Any], memory: _Memory) -> LateEvent:
    pos, user, ts_ms, event = row.item()
    record = batch.records[pos]
    return LateEvent(
        user=batch.keys[user].hex(),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        event_hash=f"{event:016x}",
        ts_ms=ts_ms,
        newest_ms=memory.newest_ms,
        late_by_ms=memory.bound_ms - ts_ms,
    )


def _without(batch: EventBatch, verdicts: NDArray[np.uint8], late: list[LateEvent]) -> EventBatch:
    duplicates = int((verdicts == _DUPLICATE).sum())
    counts = dict(batch.counts)
    counts["accepted"] = int((verdicts == _ACCEPTED).sum())
    counts["duplicates"], counts["late"] = duplicates, len(late)
    if not duplicates and not late:
        return replace(batch, counts=counts)
    of_record = np.full(len(batch.records), _ACCEPTED, np.uint8)
    of_record[batch.events["pos"]] = verdicts
    kept = {
        name: (rows := getattr(batch, name))[of_record[rows["pos"]] == _ACCEPTED]
        for name in ("events", "facts")
    }
    contexts, told = batch.contexts, of_record[batch.contexts["pos"]]
    answers = (told == _LATE) | ((told == _DUPLICATE) & (contexts["value"] == _NO))
    answers &= among(contexts["field"], CONSENTS)
    kept["contexts"] = contexts[(told == _ACCEPTED) | answers]
    return replace(batch, **kept, late=batch.late + late, counts=counts)
