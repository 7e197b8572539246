"""One partition in process: the pipeline over a real RocksDB, seeded and then timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.growth.seed import SITUATIONS, Template, name_of, seeded
from benchmarks.job.stream import made_up_stream
from schemas.tables import SourceRecord
from streams.app import create_app
from streams.engine.store import ENTRY_BYTES, NO_OFFSET, PartitionStore
from streams.settings import Settings
from streams.state.store import USER

BATCH = 2_000
CACHE_BYTES = Settings().state_memory_mib << 19
CROWD, VISITORS = 1_000_000, 1_000


class Partition:
    """Seeded state and the stream that runs over it."""

    def __init__(self, made: Template, folder: Path, users: int, days: int, events: int) -> None:
        """``events``: how long the stream is; its users are those of the state."""
        self._pipeline = made.pipeline
        settings = Settings(data_dir=str(folder), partitions=1)
        app = create_app(settings, made.pipeline)
        app.finalize()
        app.conf.tabledir.mkdir(parents=True)
        self._state = app.tables["state"].data
        self._store = PartitionStore(lambda: self._state.database(0), lambda: CACHE_BYTES)
        self._log = traffic(events, users)
        self.row_bytes = self._fill(made, users, days)
        self._fill_cache(users, int(CACHE_BYTES / (self.row_bytes + ENTRY_BYTES)))

    def _fill(self, made: Template, users: int, days: int) -> float:
        """Write the state; return the mean size of a user's row."""
        size = 0
        for piece in seeded(made, users, days):
            size += sum(map(len, piece.values()))
            self._state.write(0, piece.items(), NO_OFFSET)
        size -= sum(map(len, made.names.values()))
        database = self._state.database(0).rocksdb
        database.flush()
        database.compact_range(None, None)
        return size / users

    def _fill_cache(self, users: int, rows: int) -> None:
        """Let the cache hold what it would after a long time: some users, or all."""
        pseudonym = self._pipeline.vault.pseudonym
        some = np.random.default_rng(5).permutation(users)[:rows].tolist()
        self._store.get_many([USER + pseudonym(name_of(number)) for number in some])

    def advance(self, events: int) -> tuple[float, int]:
        """Process the next ``events`` events; return CPU microseconds per event, decisions."""
        records, decided = list(islice(self._log, events)), 0
        began = time.process_time()
        for start in range(0, len(records), BATCH):
            decided += self._process(records[start : start + BATCH])
        return 1e6 * (time.process_time() - began) / len(records), decided

    def _process(self, batch: list[SourceRecord]) -> int:
        decided = 0
        for effects in self._pipeline.process_whole(0, self._store, batch):
            self._state.write(0, effects.rows.items(), NO_OFFSET)
            self._store.apply(effects.rows)
            decided += effects.decided
        return decided


def traffic(events: int, users: int) -> Iterator[SourceRecord]:
    """Yield the same stream for any number of users, spread over all of them.

    What comes when is fixed, and so are (nearly) the decisions: only how many others there are
    grows. A session of the stream is almost always that of a user who was not there before.
    """
    chosen = _visitors(users)
    known: dict[str, str] = {}
    offsets: dict[str, int] = {}
    for record in made_up_stream(events, CROWD, seed=2):
        if record.topic == "catalog":
            continue  # known already
        body = msgspec.json.decode(record.value or b"")
        who = body["user_id"]
        if who not in known:
            known[who] = name_of(next(chosen[int(who[1:]) % SITUATIONS]))
        offset = offsets.get(record.topic, 0)
        offsets[record.topic] = offset + 1
        value = msgspec.json.encode(body | {"user_id": known[who]})
        key = known[who].encode()
        yield SourceRecord(record.topic, 0, offset, record.timestamp_ms, key, value)


def _visitors(users: int) -> list[Iterator[int]]:
    """For each situation its users in random order, over and over."""
    order = np.random.default_rng(4).permutation(users)
    kinds = order % SITUATIONS
    return [cycle(order[kinds == kind][:VISITORS].tolist()) for kind in range(SITUATIONS)]
