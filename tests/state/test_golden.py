"""Rows of builds of before are read: what they say is what this build makes of the same input."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from state.golden import Golden, journals, load, versions

from schemas.ids import hash64
from schemas.state import EVENT, FORGOTTEN, ROW_VERSION
from schemas.tables import SourceRecord
from streams.offline.replay import MERGE_ORDER, partition_of
from streams.offline.replay import replay as replay_log
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings
from streams.state.layouts import EARLIER, TODAY
from streams.state.marker import read_marker
from streams.state.rows import facts_length, pack_rows, unpack_rows
from streams.state.store import NAMES, TIMER, USER, MemoryStore
from streams.state.texts import Texts

EVENTS = ("consumed", "accepted", "duplicates", "late", "dead_letters")


@pytest.fixture(scope="module", params=versions(), ids=lambda path: path.name)
def golden(request: pytest.FixtureRequest) -> Golden:
    return load(request.param)


def pipeline(golden: Golden) -> Pipeline:
    settings = Settings(**golden.settings | {"zero_price": "price"})  # as builds of before took it
    return Pipeline(settings, Vault(settings.secret.encode(), settings.tenant))


def recovered(golden: Golden, partition: int) -> MemoryStore:
    store = MemoryStore()
    store.apply(golden.rows(partition))
    return store


def replayed(golden: Golden, records: list[SourceRecord]) -> list[MemoryStore]:
    """What this build makes of the records, from the first on."""
    order = [r for r in records if r.topic != "catalog"]
    order.sort(key=lambda r: (r.timestamp_ms, MERGE_ORDER.index(r.topic)))
    return replay_log(order, pipeline(golden), lambda output: None).stores


def facts(store: MemoryStore, version: int) -> dict[bytes, bytes]:
    """The facts of each user, as this build writes them, but for what an earlier version did not keep."""
    keys = [key for key in store.rows if key.startswith(USER)]
    state = unpack_rows([key[1:] for key in keys], [store.rows[key] for key in keys])
    kept = EARLIER.get(version, TODAY).facts["whats"].names
    for name in {*EVENT.names[2:]} - {*kept}:
        state.events.data[name] = FORGOTTEN[f"whats.{name}"]
    rows = pack_rows(state)
    return {key: row[: facts_length(row)] for key, row in zip(keys, rows, strict=True)}


def test_there_is_a_file_of_every_earlier_version_that_is_read():
    assert [*EARLIER] == list(range(2, ROW_VERSION))
    assert {*EARLIER} <= {load(path).row_version for path in versions()}


def test_every_journal_tells_what_the_build_that_wrote_it_read(golden):
    """Pushes, timers and debounces by the names of their columns: no replay could tell them.

    A section or column that the build did not have is whatever its migration says; a column that was renamed
    since is renamed in the file.
    """
    then = golden.journal()
    now = {user.hex(): read for n in golden.partitions() for user, read in journals(golden, n)}
    assert now.keys() == then.keys()
    for user, sections in then.items():
        for name, rows in sections.items():
            told = [row.items() for row in now[user][name]]
            assert len(told) == len(rows)
            assert all(row.items() <= here for row, here in zip(rows, told, strict=True)), name
    for name in ("pushes", "timers", "debounce"):
        assert sum(len(sections[name]) for sections in then.values()) > 0


def test_every_row_tells_the_facts_that_a_replay_of_its_input_gives(golden):
    made = replayed(golden, golden.inputs)
    for partition, store in enumerate(made):
        version = golden.row_version
        assert facts(recovered(golden, partition), version) == facts(store, version)


def test_every_text_is_found_and_every_event_is_counted(golden):
    for partition, store in enumerate(replayed(golden, golden.inputs)):
        old, new = recovered(golden, partition), store
        before, now = read_marker(old), read_marker(new)
        assert {name: before.counts.get(name, 0) for name in EVENTS} == {
            name: now.counts.get(name, 0) for name in EVENTS
        }
        texts = set[str]()
        for key, row in new.rows.items():
            if key.startswith(NAMES):
                texts |= {text.decode() for text in row.split(b"\xff") if text}
        asked = {hash64(text): text for text in texts}
        assert len(asked) == now.names > 0
        assert Texts(old.get_many, before).find(asked) == asked


def test_every_timer_is_in_the_index_and_no_other(golden):
    for partition in range(golden.settings["partitions"]):
        rows = golden.rows(partition)
        keys = [key[1:] for key in rows if key.startswith(USER)]
        state = unpack_rows(keys, [rows[USER + key] for key in keys])
        earliest = {
            keys[user]: min(int(due) for due in state.timers.of(user)["due_ms"])
            for user in range(len(keys))
            if len(state.timers.of(user))
        }
        index = {key[9:]: int.from_bytes(key[1:9], "big") for key in rows if key.startswith(TIMER)}
        assert index == earliest


def test_a_partition_goes_on_from_it_as_if_this_build_had_read_everything(golden):
    stores = [recovered(golden, n) for n in range(golden.settings["partitions"])]
    job, prefix = pipeline(golden), golden.settings["topic_prefix"]
    for partition, store in enumerate(stores):
        ends = dict(read_marker(store).next_offsets)
        records = []
        for record in golden.later:
            if partition_of(record.key, len(stores)) == partition:
                topic = prefix + record.topic
                offset = ends[topic]
                ends[topic] = offset + 1
                records.append(replace(record, topic=topic, partition=partition, offset=offset))
        store.apply(job.process(partition, store, records).rows)
        assert read_marker(store).next_offsets == ends
    whole = replayed(golden, [*golden.inputs, *golden.later])
    version = golden.row_version
    assert [facts(s, version) for s in stores] == [facts(s, version) for s in whole]
