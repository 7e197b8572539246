"""A batch is cut where an epoch begins to hold, and another secret is refused."""

from __future__ import annotations

import json

import msgspec
import pytest
from support.records import Log, at

from schemas.globals import Epoch
from schemas.ids import hash64
from streams.knowledge.shared import Knowledge
from streams.pipeline.accept import Vault
from streams.pipeline.batch.session import ForeignStateError, Session
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings({}, consent_default="granted", debounce_ms=1_000)


def knowing(*starts):
    knowledge = Knowledge()
    for number, minute in enumerate(starts, start=1):
        epoch = Epoch(number=number, holds_from_ms=T0_MS + minute * MINUTE_MS)
        assert knowledge.apply_epoch(msgspec.msgpack.encode(epoch)) is None
    return knowledge


def favourites(minutes):
    log = Log()
    for minute in minutes:
        log.click("anna", "fav", f"item{minute}", T0_MS + minute * MINUTE_MS)
    return log.records


def epochs_of(records, knowledge, batch):
    store, found = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, Vault(b"session", SETTINGS.tenant), knowledge)
    for start in range(0, len(records), batch):
        effects = pipeline.process(0, store, records[start : start + batch])
        store.apply(effects.rows)
        found += [json.loads(o.value)["epoch"] for o in effects.outputs if o.topic == "decisions"]
    return found, read_marker(store).epoch


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_an_epoch_is_adopted_by_the_first_record_at_or_after_its_time(batch):
    records = favourites([0, 5, 9, 10, 11, 20])
    assert epochs_of(records, knowing(10, 20), batch) == ([None] * 3 + [1, 1, 2], 2)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_dead_letter_adopts_no_epoch(batch):
    log = Log()
    log.click("anna", "fav", "item0", T0_MS)
    for value in (b"{", b""):
        log.add("clicks", "anna", value, T0_MS + 30 * MINUTE_MS)
    log.click("anna", "fav", "item5", T0_MS + 5 * MINUTE_MS)
    log.click("anna", "fav", "item10", T0_MS + 10 * MINUTE_MS)
    assert epochs_of(log.records, knowing(10, 20), batch) == ([None, None, 1], 1)


@pytest.mark.parametrize("batch", [1, 100])
def test_an_epoch_that_nobody_reached_is_skipped(batch):
    assert epochs_of(favourites([0, 30]), knowing(10, 20), batch) == ([None, 2], 2)


def run(records, knowledge, sizes, store):
    """(epoch, the one that is gone) of each decision."""
    pipeline, found, start = (
        Pipeline(SETTINGS, Vault(b"session", SETTINGS.tenant), knowledge),
        [],
        0,
    )
    for size in sizes:
        effects = pipeline.process(0, store, records[start : start + size])
        store.apply(effects.rows)
        told = [json.loads(o.value) for o in effects.outputs if o.topic == "decisions"]
        found += [(each["epoch"], each["epoch_gone"]) for each in told]
        start += size
    return found


@pytest.mark.parametrize("sizes", [[1, 1, 1, 1], [4], [2, 2]])
def test_an_epoch_that_is_gone_is_said_to_be_gone_and_the_next_that_holds_is_taken(sizes):
    records = favourites([0, 10, 11, 12, 20, 30])
    store = MemoryStore()
    assert run(records, knowing(10), [2], store) == [(None, None), (1, None)]
    after = Knowledge()
    later = T0_MS + 20 * MINUTE_MS
    after.apply_epoch(msgspec.msgpack.encode(Epoch(number=later, holds_from_ms=later)))
    gone, new = (None, 1), (later, None)
    assert run(records[2:], after, sizes, store) == [gone, gone, new, new]


@pytest.mark.parametrize("sizes", [[1, 1, 1, 1], [4], [3, 1]])
def test_an_epoch_that_holds_only_later_is_never_used_though_it_bears_the_adopted_number(sizes):
    records = favourites([0, 5, 10, 11])
    store = MemoryStore()
    pipeline = Pipeline(SETTINGS, Vault(b"session", SETTINGS.tenant), Knowledge())
    session = Session(store, 0, pipeline.vault.fingerprint)
    session.marker.epoch = 1
    store.apply(session.effects(0).rows)
    wanted = [(None, None), (None, None), (1, None), (1, None)]
    assert run(records, knowing(10), sizes, store) == wanted


def test_a_decision_names_the_epoch_that_came_with_the_bundle():
    knowledge = Knowledge(Epoch(number=77, holds_from_ms=5))
    assert run(favourites([0]), knowledge, [1], MemoryStore()) == [(0, None)]


def test_an_adopted_epoch_stays_after_a_restart():
    records = favourites([0, 10, 11])
    knowledge = knowing(10)
    store = MemoryStore()
    for part in (records[:2], records[2:]):
        pipeline = Pipeline(SETTINGS, Vault(b"session", SETTINGS.tenant), knowledge)
        store.apply(pipeline.process(0, store, part).rows)
    assert read_marker(store).epoch == 1


def test_state_of_another_secret_is_refused():
    store = MemoryStore()
    pipeline = Pipeline(SETTINGS, Vault(b"one", SETTINGS.tenant))
    store.apply(pipeline.process(0, store, favourites([0])).rows)
    with pytest.raises(ForeignStateError, match="another secret"):
        Session(store, 0, Vault(b"two", SETTINGS.tenant).fingerprint)


def test_a_session_reads_its_own_writes_and_changes_nothing():
    store = MemoryStore()
    store.apply({b"a": b"1", b"b": b"2"})
    session = Session(store, 0, "f")
    session.put(b"a", None)
    session.put(b"c", b"3")
    assert session.get_many([b"a", b"b", b"c", b"d"]) == [None, b"2", b"3", None]
    assert store.rows == {b"a": b"1", b"b": b"2"}


@pytest.mark.parametrize("batch", [1, 7, 1_000])
def test_a_user_of_whom_not_all_is_kept_is_counted_once(batch):
    log = Log()
    for number in range(2 * SETTINGS.recent_events):
        log.click("anna", "view", f"item{number}", T0_MS + number)
    log.click("bob", "view", "item", T0_MS + number)
    store = MemoryStore()
    pipeline = Pipeline(SETTINGS, Vault(b"session", SETTINGS.tenant))
    for start in range(0, len(log.records), batch):
        store.apply(pipeline.process(0, store, log.records[start : start + batch]).rows)
    assert read_marker(store).counts["users_truncated"] == 1


def test_a_name_that_was_asked_for_before_it_was_told_is_kept():
    store = MemoryStore()
    session = Session(store, 0, "secret")
    number = hash64("kettle")
    assert session.text(number) is None
    session.remember({number: "kettle"})
    store.apply(session.effects(0).rows)
    assert Session(store, 0, "secret").text(number) == "kettle"
