"""The batches of one or more partitions, decided together: what a batch costs by itself is paid once.

Each keeps a session of its own over its own store. Positions run on from one batch to the next,
and nobody is in two of them; so what is decided is what each batch by itself would give.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.tables import EventBatch, Output
from schemas.timeline import Timeline
from schemas.vocabulary import ContextField
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import unpack_rows, unreadable
from streams.pipeline.batch.joint import joined, parted
from streams.pipeline.batch.offsets import Offsets
from streams.pipeline.batch.past import is_old, is_over
from streams.pipeline.batch.portion import Portion, accepted, refusals_of
from streams.pipeline.batch.session import Session
from streams.pipeline.batch.timer_index import user_of
from streams.pipeline.containment.verdicts import Seen, Verdicts
from streams.pipeline.publish import SortKey
from streams.pipeline.publish.context_at import Cells
from streams.settings import Settings
from streams.state.store import USER

Ints = NDArray[np.int64]


class Turn:
    """Sessions and the portion of each that is decided now."""

    def __init__(
        self,
        sessions: list[Session],
        parts: list[Portion],
        settings: Settings,
        vault: Vault,
        verdicts: Verdicts,
    ) -> None:
        self.sessions, self._parts = sessions, parts
        self._vault, self._social = vault, settings.social == "on"
        self._verdicts = verdicts
        self._batches = [
            accepted(
                part, session.marker.stream_ms, settings, vault, refusals_of(session, verdicts)
            )
            for session, part in zip(sessions, parts, strict=True)
        ]
        self.timeline = Timeline.joined([batch.timeline for batch in self._batches])
        self._starts: list[int] = self.timeline.starts.tolist()

    @cached_property
    def _waiting(self) -> list[list[bytes]]:
        """Of each session the users who only have a timer due."""
        found = []
        for (session, batch), part in zip(self._pairs(), self._parts, strict=True):
            known, due = set(batch.keys), part.timers or session.due_timers(batch.reached_ms)
            found.append([user for user in map(user_of, due) if user not in known])
        return found

    def _pairs(self) -> Iterable[tuple[Session, EventBatch]]:
        return zip(self.sessions, self._batches, strict=True)

    def is_disjoint(self) -> bool:
        """Whether no user is in two of the batches: a producer may spread one over partitions."""
        if len(self.sessions) == 1:
            return True
        keys = [key for batch in self._batches for key in batch.keys]
        keys += [key for waiting in self._waiting for key in waiting]
        return len(set(keys)) == len(keys)

    def apart(self, settings: Settings) -> Iterator[Turn]:
        """Yield the turn, or each batch as one of its own if they share a user."""
        if self.is_disjoint():
            yield self
            return
        for session, part in zip(self.sessions, self._parts, strict=True):
            yield Turn([session], [part], settings, self._vault, self._verdicts)

    # -- rows

    def batch(self) -> EventBatch:
        """Return the batches as one; positions and users run on."""
        return joined(self._batches, self.timeline)

    def gather(self, seen: Seen) -> UserState:
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
        seen.users += keys
        seen.waiting += (user for waiting in self._waiting for user in waiting)
        state = _unpacked(keys, [rows[key] for key in keys], seen)
        self._told = state.context
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

    def note_pushed(self, positions: Ints, items: NDArray[np.uint64], at_ms: Ints) -> None:
        """Note for the learner what was recommended by decisions at the positions."""
        numbers = self.timeline.block_of(positions).tolist()
        for number, push in zip(
            numbers, zip(items.tolist(), at_ms.tolist(), strict=True), strict=True
        ):
            self.sessions[number].pushed.append(push)

    def close(self, batch: EventBatch) -> None:
        """End each batch with what the deduplicated whole says of it."""
        parts = parted(batch, self._batches, [session.partition for session in self.sessions])
        cells = Cells(self._told, batch.contexts)
        segments = Cells(self._told, batch.contexts, ContextField.SEGMENT_1)
        sharing = None
        if self._social:
            sharing = Cells(self._told, batch.contexts, ContextField.SHARES_PURCHASES)
        for session, part, (records, timers, _) in zip(
            self.sessions, parts, self._parts, strict=True
        ):
            fired = timers[-1] if timers else b""
            session.close(part, records, fired, cells, segments, sharing)

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
        for number in sorted(set(blocks.tolist())):
            rows = (blocks == number).nonzero()[0]
            applied = positions[rows] - self._starts[number] - before[rows]
            for row, offsets in zip(rows.tolist(), self._offsets(number).at(applied), strict=True):
                found[row] = offsets
        return found

    def past(self, positions: Ints, before: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark the moments that lie in their partition's past: at a record, or (mask) before it."""
        found = np.zeros(len(positions), np.bool_)
        if not any(session.marker.past for session in self.sessions):
            return found
        blocks, offsets = self.timeline.block_of(positions), self.offsets_at(positions, before)
        for row, (number, pos) in enumerate(zip(blocks.tolist(), positions.tolist(), strict=True)):
            ends = self.sessions[number].marker.past
            if before[row]:
                found[row] = not is_over(offsets[row], ends)
            else:
                record = self._parts[number].records[pos - self._starts[number]]
                found[row] = is_old(record.topic, record.offset, ends)
        return found

    def note_expiry(self, positions: Ints, expires_ms: Ints) -> None:
        """Note until when what was published at the positions may still have to be taken back."""
        numbers = self.timeline.block_of(positions).tolist()
        for number, until_ms in zip(numbers, expires_ms.tolist(), strict=True):
            marker = self.sessions[number].marker
            marker.pushes_until_ms = max(marker.pushes_until_ms, until_ms)

    def _offsets(self, number: int) -> Offsets:
        return self.sessions[number].offsets(self._parts[number].records)

    def told(self, number: int) -> str | None:
        """Return the text of a hash that a batch told or asked for, None for any other."""
        texts = (session.told(number) for session in self.sessions)
        return next((text for text in texts if text is not None), None)

    def text(self, number: int) -> str | None:
        """Return the text of a hash, None when none of the partitions ever saw it."""
        for session in self.sessions:
            if (text := session.text(number)) is not None:
                return text
        return None

    def recall(self, numbers: Iterable[int]) -> None:
        """Read the texts of hashes that will be asked for: one look into each store for all."""
        unknown = list(numbers)
        for session in self.sessions:
            session.recall(unknown)
            unknown = [number for number in unknown if session.text(number) is None]

    @property
    def epoch(self) -> int:
        """Number of the epoch that the partitions of all the batches have adopted."""
        return self.sessions[0].marker.epoch


def _unpacked(keys: list[bytes], rows: list[bytes | None], seen: Seen) -> UserState:
    """Return the rows as columns; of rows that raise, note whose they are."""
    try:
        return unpack_rows(keys, rows)
    except Exception:
        seen.unreadable += unreadable(keys, rows)
        raise
