"""One batch's workspace over a partition's store: reads its own writes, mutates nothing.

What it gathered becomes the `Effects` that the engine commits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter

from schemas.ids import NO_ID
from schemas.tables import EventBatch, Output, SourceRecord
from streams.knowledge.shared import EpochView
from streams.pipeline.accept import dead_letter_output, late_output
from streams.pipeline.batch.offsets import Offsets
from streams.pipeline.batch.past import is_over
from streams.pipeline.batch.timer_index import due_range, entry, user_of
from streams.pipeline.batch.wake import woken
from streams.pipeline.publish import SortKey, record_key
from streams.pipeline.publish.context_at import Cells
from streams.pipeline.publish.signals import signals_output
from streams.shared.times import LAST_MS
from streams.state.marker import packed_marker, read_marker
from streams.state.store import (
    ALL,
    MARKER,
    SET_ASIDE,
    USER,
    Effects,
    ForeignStateError,
    Store,
    is_user_after,
)
from streams.state.sweep import PACE, Pace, step
from streams.state.texts import Texts


class Session:
    """The rows, names, timers, counters and outputs of one batch in the making."""

    def __init__(
        self,
        store: Store,
        partition: int,
        secret: str,
        topic_prefix: str = "",
        pace: Pace = PACE,
    ) -> None:
        self._prefix, self.pace = topic_prefix, pace
        self._store = store
        self._rows: dict[bytes, bytes | None] = {}
        self._names: dict[int, str | None] = {}
        self._told: set[int] = set()
        self._part: list[tuple[SortKey, Output]] = []
        self._outputs: list[Output] = []
        self._offsets: tuple[list[SourceRecord], Offsets] | None = None
        self.partition = partition
        self.marker = read_marker(store)
        self.fresh_names: dict[int, str] = {}
        self.pushed: list[tuple[int, int]] = []
        self._back_ms = 0
        if self.marker.secret not in ("", secret):
            raise ForeignStateError(
                f"partition {partition}: its state was made with another secret"
            )
        self.marker.secret = secret
        self._texts = Texts(self.get_many, self.marker)

    def adopt(self, epoch: EpochView) -> None:
        """Go on with an epoch; whom it asks about a change in the catalogue gets a timer."""
        self.marker.epoch = epoch.number
        self.marker.left_epochs = [n for n in self.marker.left_epochs if n > epoch.number]
        self.marker.fired = b""  # such a timer may be due before those that have fired
        wakes = epoch.wakes.of(self.partition)
        if not len(wakes):
            return
        keys = self._users({wake.tobytes() for wake in wakes["users"]})
        known = self.get_many([USER + key for key in keys])
        rows, before, after = woken(keys, known, wakes, epoch.holds_from_ms)
        for key, row in zip(keys, rows, strict=True):
            self.put(USER + key, row)
            self.index_timer(key, before[key], after[key])

    def _users(self, heads: set[bytes]) -> list[bytes]:
        """Return the known users whose pseudonyms begin with one of ``heads``, sorted."""
        here = {key[1:] for key in self._rows if key.startswith(USER) and key[1:9] in heads}
        return sorted(here | set(self._store.users(heads)))

    def users_after(self, user: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` users behind a pseudonym, as this batch left them."""
        mine = {key[1:]: row for key, row in self._rows.items() if is_user_after(key, user)}
        found = dict(self._store.users_after(user, most + len(mine))) | mine
        return [(key, row) for key, row in sorted(found.items()) if row is not None][:most]

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key as this batch left it."""
        missing = [key for key in keys if key not in self._rows]
        found = dict(zip(missing, self._store.get_many(missing), strict=True)) if missing else {}
        return [self._rows[key] if key in self._rows else found[key] for key in keys]

    def put(self, key: bytes, value: bytes | None) -> None:
        """Write a row; None deletes."""
        self._rows[key] = value

    def emit(self, outputs: Iterable[tuple[SortKey, Output]]) -> None:
        """Publish with the part of the batch that `close` ends, ordered by key."""
        self._part += outputs

    def due_timers(self, until_ms: int, most: int = ALL) -> list[bytes]:
        """Return the first entries of the timer index due by a time, as this batch left them."""
        start, stop = due_range(self.marker.fired, until_ms)
        mine = {key: row for key, row in self._rows.items() if start <= key < stop}
        found = dict(self._store.scan(start, stop, min(most + len(mine), ALL))) | mine
        return sorted(key for key, row in found.items() if row is not None)[:most]

    def bring_back(self, to_ms: int, epoch: int) -> None:
        """Let time go on from ``to_ms``, if that is earlier, with an ``epoch`` that holds then.

        Timers stay where they are: each fires when its due time is reached.
        """
        if to_ms >= self.marker.stream_ms:
            return
        self.marker.stream_ms = self._back_ms = to_ms
        self.marker.epoch, self.marker.fired = min(self.marker.epoch, epoch), b""

    def released(self, user: bytes, fresh: bytes | None) -> bytes | None:
        """Return the row with which a user goes on: ``fresh``, or as it was; None: nobody was set aside."""
        if user not in self.marker.set_aside:
            return None
        kept = self.get_many([SET_ASIDE + user])[0]
        row = kept if fresh is None else fresh
        self.put(USER + user, row)
        if fresh is None:
            self.put(SET_ASIDE + user, None)
        self.marker.set_aside = [each for each in self.marker.set_aside if each != user]
        self.count({"released": 1})
        return row

    def set_aside(self, users: Iterable[bytes]) -> None:
        """Put rows that cannot be read where nobody reads them; their timers fire no more."""
        keys = [key for key in users if key not in self.marker.set_aside]
        for key, row in zip(keys, self.get_many([USER + key for key in keys]), strict=True):
            if row is None:
                continue
            self.put(SET_ASIDE + key, row)
            self.put(USER + key, None)
            self.marker.set_aside = sorted([*self.marker.set_aside, key])
        if gone := set(keys):
            for place, _ in self._store.scan(*due_range(b"", 2 * LAST_MS)):
                if user_of(place) in gone:
                    self.put(place, None)

    def leave(self, epoch: int, before: int) -> None:
        """Go on with the epoch ``before``, and adopt the one left no more; both are numbers."""
        if epoch in self.marker.left_epochs:
            return
        self.marker.epoch = min(self.marker.epoch, before)
        self.marker.left_epochs = sorted([*self.marker.left_epochs, epoch])
        self.count({"epochs_left": 1})

    def close(
        self,
        batch: EventBatch,
        records: list[SourceRecord],
        fired: bytes,
        cells: Cells,
        segments: Cells,
        sharing: Cells | None = None,
    ) -> None:
        """Send what the batch set aside and what the learner needs; move the marker.

        ``fired``: the last of the timers, where the batch has no records.
        """
        if batch.dead or batch.partial or batch.late:
            self._emit_set_aside(batch, records)
        told = (self.fresh_names, cells, sorted(self.pushed), segments, sharing, self._back_ms)
        for output in signals_output(batch, self.partition, *told):
            self.emit([(record_key(len(records)), output)])
        self._outputs += [output for _, output in sorted(self._part, key=itemgetter(0))]
        self._part, self.fresh_names, self.pushed, self._back_ms = [], {}, [], 0
        self.count(batch.counts)
        self.count(Counter(f"dead_letters.{letter.reason.value}" for letter in batch.dead))
        self.marker.stream_ms, self.marker.fired = batch.reached_ms, fired
        self.marker.records += len(records)
        self.marker.next_offsets = self.offsets(records).after()
        if is_over(self.marker.next_offsets, self.marker.past):
            self.marker.past = {}
        if records and self.marker.records % self.pace.records == 0:
            self._sweep()

    def _sweep(self) -> None:
        """Do the next part of dropping texts; what was looked up may be among them."""
        self._rows |= step(self, self.marker, self.pace)
        self._texts = Texts(self.get_many, self.marker)
        self._names, self._told = {}, set()

    def offsets(self, records: list[SourceRecord]) -> Offsets:
        """Return the source offsets inside a part of the batch, worked out once."""
        if self._offsets is None or self._offsets[0] is not records:
            self._offsets = records, Offsets(self.marker.next_offsets, records)
        return self._offsets[1]

    def _emit_set_aside(self, batch: EventBatch, records: list[SourceRecord]) -> None:
        place = {(r.topic, r.offset): pos for pos, r in enumerate(records)}
        for letter in (*batch.dead, *batch.partial):
            pos = place[letter.record.topic, letter.record.offset]
            self.emit([(record_key(pos), dead_letter_output(letter, self._prefix))])
        for late in batch.late:
            self.emit([(record_key(place[late.topic, late.offset]), late_output(late))])

    def index_timer(self, key: bytes, old_ms: int, new_ms: int) -> None:
        """Move a user's entry in the timer index; -1: there is none."""
        if old_ms == new_ms:
            return
        if old_ms >= 0:
            self.put(entry(old_ms, key), None)
        if new_ms >= 0:
            self.put(entry(new_ms, key), b"\x01")

    def remember(self, names: dict[int, str]) -> None:
        """Put the text of hashes that the partition sees for the first time in its dictionary."""
        untold = {n: text for n, text in names.items() if n not in self._told}
        rows, fresh = self._texts.add(untold)
        self._rows |= rows
        self._names |= untold
        self._told |= untold.keys()
        self.fresh_names |= fresh

    def told(self, number: int) -> str | None:
        """Return the text of a hash that this batch told or asked for, None for any other."""
        return self._names.get(number)

    def text(self, number: int) -> str | None:
        """Return the text of a hash, None when this partition never saw it."""
        if number == NO_ID:
            return None
        if number not in self._names:
            self.recall((number,))
        return self._names[number]

    def recall(self, numbers: Iterable[int]) -> None:
        """Read the texts of hashes that will be asked for: one look into the store for all."""
        unknown = [number for number in numbers if number not in self._names]
        self._names |= self._texts.find(unknown)

    def count(self, counts: Mapping[str, int]) -> None:
        """Add to the law-4 counters."""
        for name, n in counts.items():
            if n:
                self.marker.counts[name] = self.marker.counts.get(name, 0) + n

    def effects(self, left: int) -> Effects:
        """Return everything as one unit of commit; ``left``: the records that are not in it."""
        self.put(MARKER, packed_marker(self.marker))
        decided = sum(output.topic == "decisions" for output in self._outputs)
        return Effects(self._rows, self._outputs, decided, left)
