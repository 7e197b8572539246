"""The batches of one or more partitions, decided together: what a batch costs by itself is paid once.

Each keeps a session of its own over its own store. Positions run on from one batch to the next,
and nobody is in two of them; so what is decided is what each batch by itself would give.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.tables import EventBatch, Output, SourceRecord
from schemas.timeline import Timeline
from streams.accept import Vault, accept
from streams.aggregate import unpack_rows
from streams.knowledge.shared import EpochView, Knowledge
from streams.publish import SortKey
from streams.settings import Settings
from streams.store import USER
from streams.wave.offsets import Offsets
from streams.wave.session import Session

Ints = NDArray[np.int64]
ROWS = ("events", "facts", "contexts", "receipts")


class Turn:
    """Sessions and the records of each that are decided now."""

    def __init__(
        self,
        sessions: list[Session],
        parts: list[list[SourceRecord]],
        settings: Settings,
        vault: Vault,
    ) -> None:
        self.sessions, self._parts = sessions, parts
        self._vault = vault
        self._batches = [
            accept(part, session.marker.stream_ms, settings, vault)
            for session, part in zip(sessions, parts, strict=True)
        ]
        self.timeline = Timeline.joined([batch.timeline for batch in self._batches])
        self._starts: list[int] = self.timeline.starts.tolist()

    @cached_property
    def _waiting(self) -> list[list[bytes]]:
        """Of each session the users who only have a timer due."""
        return [session.waiting(batch) for session, batch in self._pairs()]

    def _pairs(self) -> Iterable[tuple[Session, EventBatch]]:
        return zip(self.sessions, self._batches, strict=True)

    def is_disjoint(self) -> bool:
        """Whether no user is in two of the batches: a producer may spread one over partitions."""
        if len(self.sessions) == 1:
            return True
        keys = [key for batch in self._batches for key in batch.keys]
        keys += [key for waiting in self._waiting for key in waiting]
        return len(set(keys)) == len(keys)

    def alone(self, settings: Settings) -> Iterator[Turn]:
        """Yield each batch as a turn of its own."""
        for session, part in zip(self.sessions, self._parts, strict=True):
            yield Turn([session], [part], settings, self._vault)

    # -- rows

    def batch(self) -> EventBatch:
        """Return the batches as one; positions and users run on."""
        if len(self._batches) == 1:
            return self._batches[0]
        places = list(zip(self._batches, self._starts, self._first_users(), strict=False))
        events, facts, contexts, receipts = (
            np.concatenate([_moved(getattr(b, name), pos, user) for b, pos, user in places])
            for name in ROWS
        )
        return EventBatch(
            records=[record for batch in self._batches for record in batch.records],
            timeline=self.timeline,
            keys=[key for batch in self._batches for key in batch.keys],
            subscribers=[name for batch in self._batches for name in batch.subscribers],
            events=events,
            facts=facts,
            contexts=contexts,
            receipts=receipts,
            names={},
        )

    def _first_users(self) -> list[int]:
        return [0, *np.cumsum([len(batch.keys) for batch in self._batches]).tolist()]

    def gather(self) -> UserState:
        """Return the rows of the batches' users, then of those who only have a timer due."""
        self._home: dict[bytes, int] = {}
        keys: list[bytes] = []
        for named in ([batch.keys for batch in self._batches], self._waiting):
            for number, mine in enumerate(named):
                self._home |= dict.fromkeys(mine, number)
                keys += mine
        rows = dict[bytes, bytes | None]()
        for number, (session, batch) in enumerate(self._pairs()):
            session.remember(batch.names)
            mine = [*batch.keys, *self._waiting[number]]
            rows |= zip(mine, session.get_many([USER + key for key in mine]), strict=True)
        state = unpack_rows(keys, [rows[key] for key in keys])
        subscribers = [name for batch in self._batches for name in batch.subscribers]
        for i, subscriber in enumerate(subscribers):
            state.sealed[i] = state.sealed[i] or self._vault.seal(subscriber)
        return state

    def first_positions(self, state: UserState) -> Ints:
        """Return for each user of the state where their partition's batch begins."""
        numbers = [self._home[key] for key in state.keys]
        starts: Ints = self.timeline.starts[np.array(numbers, np.int64)]
        return starts

    def save(self, keys: list[bytes], rows: list[bytes]) -> None:
        """Write users' rows."""
        for key, row in zip(keys, rows, strict=True):
            self.sessions[self._home[key]].put(USER + key, row)

    def index_timers(self, before: dict[bytes, int], after: dict[bytes, int]) -> None:
        """Move each user's entry in the timer index from its earlier due time to the next."""
        for key, old in before.items():
            if old != after[key]:
                self.sessions[self._home[key]].index_timer(key, old, after[key])

    # -- outputs and counters

    def emit(self, outputs: Iterable[tuple[SortKey, Output]]) -> None:
        """Publish, each record with the batch it belongs to."""
        if len(self.sessions) == 1:
            self.sessions[0].emit(outputs)
            return
        for key, output in outputs:
            number = bisect_right(self._starts, key.pos) - 1
            here = key._replace(pos=key.pos - self._starts[number])
            self.sessions[number].emit([(here, output)])

    def count(self, positions: Ints, names: Iterable[tuple[str, ...]]) -> None:
        """Add one to each of the counters named for the record at a position."""
        counters = [Counter[str]() for _ in self.sessions]
        for number, named in zip(self.timeline.block_of(positions).tolist(), names, strict=True):
            counters[number].update(named)
        for session, counter in zip(self.sessions, counters, strict=True):
            session.count(counter)

    def close(self, batch: EventBatch) -> None:
        """End each batch with what the deduplicated whole says of it."""
        for number, (session, part) in enumerate(zip(self.sessions, self._parts, strict=True)):
            session.close(self._part(batch, number), part)

    def _part(self, batch: EventBatch, number: int) -> EventBatch:
        if len(self._batches) == 1:
            return batch
        accepted, (start, end) = self._batches[number], self._starts[number : number + 2]
        rows = {}
        for name in ROWS:
            whole = getattr(batch, name)
            rows[name] = whole[(whole["pos"] >= start) & (whole["pos"] < end)]
        late = [e for e in batch.late if e.partition == self.sessions[number].partition]
        kept = len(rows["events"])
        counts = accepted.counts | {"accepted": kept, "late": len(late)}
        counts["duplicates"] = len(accepted.events) - kept - len(late)
        return replace(accepted, keys=batch.keys, late=late, counts=counts, **rows)

    # -- what publishing asks

    def places(self, positions: Ints) -> list[tuple[int, int]]:
        """Return partition and position in its input sequence of each record."""
        found = []
        for pos in positions.tolist():
            number = bisect_right(self._starts, pos) - 1
            session = self.sessions[number]
            found.append((session.partition, session.marker.records + pos - self._starts[number]))
        return found

    def offsets_at(self, positions: Ints, before: NDArray[np.bool_]) -> list[dict[str, int]]:
        """Return what had been read at each position: with that record, or before it."""
        found: list[dict[str, int]] = [{}] * len(positions)
        blocks = self.timeline.block_of(positions)
        for number in np.unique(blocks).tolist():
            rows = np.flatnonzero(blocks == number)
            applied = positions[rows] - self._starts[number] - before[rows]
            for row, offsets in zip(rows.tolist(), self._offsets(number).at(applied), strict=True):
                found[row] = offsets
        return found

    def _offsets(self, number: int) -> Offsets:
        return self.sessions[number].offsets(self._parts[number])

    def text(self, number: int) -> str | None:
        """Return the text of a hash, None when none of the partitions ever saw it."""
        texts = (session.text(number) for session in self.sessions)
        return next((text for text in texts if text is not None), None)

    def recall(self, numbers: Iterable[int]) -> None:
        """Read the texts of hashes that will be asked for: one look into each store for all."""
        unknown = list(numbers)
        for session in self.sessions:
            session.recall(unknown)
            unknown = [number for number in unknown if session.text(number) is None]

    @property
    def epoch(self) -> int:
        """Number of the epoch that all the batches know."""
        return self.sessions[0].marker.epoch


def turns(
    sessions: list[Session],
    records: list[list[SourceRecord]],
    knowledge: Knowledge,
    settings: Settings,
    vault: Vault,
) -> Iterator[tuple[Turn, EpochView | None]]:
    """Cut each batch where a newer epoch begins to hold; yield what is decided under the same one."""
    left = [
        (session, session.by_epoch(mine, knowledge))
        for session, mine in zip(sessions, records, strict=True)
    ]
    while left:
        together: dict[int, tuple[EpochView | None, list[tuple[Session, list[SourceRecord]]]]] = {}
        going_on = []
        for session, parts in left:
            if (cut := next(parts, None)) is not None:
                part, epoch = cut
                together.setdefault(session.marker.epoch, (epoch, []))[1].append((session, part))
                going_on.append((session, parts))
        for epoch, group in together.values():
            yield Turn([s for s, _ in group], [part for _, part in group], settings, vault), epoch
        left = going_on


def _moved(rows: NDArray[np.void], pos: int, user: int) -> NDArray[np.void]:
    moved = rows.copy()
    moved["pos"] += pos
    moved["user"] += user
    return moved
