"""What the learner is told of a batch."""

from __future__ import annotations

import h3
import msgspec
import numpy as np
from support.records import Log, at

from schemas.globals import Signals
from schemas.ids import hash64
from streams.pipeline.accept import NO_REFUSALS, Vault, accept
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.publish.signals import signals_output
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
SETTINGS = load_settings({})
VAULT = Vault(b"signals", SETTINGS.tenant)


def told(log, names=None):
    batch = accept(log.records, T0_MS, SETTINGS, VAULT, NO_REFUSALS)
    outputs = signals_output(batch, 3, batch.names if names is None else names)
    return [msgspec.msgpack.decode(o.value, type=Signals) for o in outputs], outputs


def test_facts_travel_as_columns_under_the_head_of_the_pseudonym():
    log = Log(partition=3)
    log.click("anna", "view", "kettle", T0_MS, category_id="kitchen")
    log.click("bert", "cart", "kettle", T0_MS + 5)
    (signals,), (output,) = told(log)
    assert (output.topic, output.partition, output.key) == ("signals", 0, None)
    assert (signals.partition, signals.stream_ms) == (3, T0_MS + 5)
    assert signals.users == VAULT.pseudonym("anna")[:8] + VAULT.pseudonym("bert")[:8]
    assert np.frombuffer(signals.items, "<u8").tolist() == [hash64("kettle")] * 2
    assert np.frombuffer(signals.ts_ms, "<i8").tolist() == [T0_MS, T0_MS + 5]
    assert signals.names[hash64("kettle")] == "kettle"
    assert b"anna" not in output.value


def test_app_minutes_teach_nothing():
    log = Log()
    log.context("anna", T0_MS, app_minutes=12)
    assert told(log, names={}) == ([], [])


def test_a_new_name_is_told_even_when_its_event_was_not_accepted():
    log = Log()
    log.context("anna", T0_MS, device="mobile")
    (signals,), _ = told(log, names={7: "an item of a late event"})
    assert signals.names == {7: "an item of a late event"}
    assert signals.users == b""


def test_a_fact_carries_the_coarse_cell_that_was_known_of_its_user():
    log = Log()
    log.context("anna", T0_MS, lat=52.52, lon=13.405)
    log.click("anna", "view", "kettle", T0_MS + 1)
    log.click("bert", "view", "kettle", T0_MS + 2)
    log.click("anna", "view", "cup", T0_MS + 3)
    cell = h3.latlng_to_cell(52.52, 13.405, SETTINGS.cell_resolution)
    for size in (1, 4):
        store, found, names = MemoryStore(), [], {}
        for start in range(0, 4, size):
            effects = Pipeline(SETTINGS, VAULT).process(0, store, log.records[start : start + size])
            store.apply(effects.rows)
            for output in effects.outputs:
                if output.topic == "signals":
                    signals = msgspec.msgpack.decode(output.value, type=Signals)
                    some = np.frombuffer(signals.cells, "<u8").tolist()
                    found += some or [0] * (len(signals.items) // 8)
                    names |= signals.names
        assert found == [hash64(cell), 0, hash64(cell)]
        assert names[hash64(cell)] == cell


def test_without_a_cell_a_signal_is_what_it_was():
    log = Log()
    log.click("anna", "view", "kettle", T0_MS)
    (signals,), (output,) = told(log)
    assert signals.cells == b""
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(output.value)[:-1])
    assert msgspec.msgpack.decode(old, type=Signals) == signals


def shared_of(log, **more):
    """(flags, users who withdrew) of each batch the pipeline makes."""
    settings = load_settings({}, **more)
    effects = Pipeline(settings, VAULT).process(0, MemoryStore(), log.records)
    found = [
        msgspec.msgpack.decode(o.value, type=Signals)
        for o in effects.outputs
        if o.topic == "signals"
    ]
    return [(list(one.shared), one.unshared) for one in found]


def social(log, ts_ms, shares):
    value = {"user_id": "anna", "ts": ts_ms, "shares_purchases": shares}
    log.add("social", "anna", value, ts_ms)


def test_a_purchase_is_shared_when_its_user_said_so_before():
    log = Log()
    log.purchase("anna", ["kettle"], T0_MS)
    social(log, T0_MS + 1, shares=True)
    log.click("anna", "view", "lamp", T0_MS + 2)
    log.purchase("anna", ["lamp"], T0_MS + 3)
    log.purchase("bert", ["tent"], T0_MS + 4)
    assert shared_of(log, social="on") == [([0, 0, 1, 0], b"")]
    assert shared_of(log) == [([], b"")]


def test_who_withdraws_is_named_and_shares_only_what_comes_after_a_new_word():
    log = Log()
    social(log, T0_MS, shares=True)
    log.purchase("anna", ["kettle"], T0_MS + 1)
    social(log, T0_MS + 2, shares=False)
    social(log, T0_MS + 3, shares=True)
    log.purchase("anna", ["lamp"], T0_MS + 4)
    assert shared_of(log, social="on") == [([0, 1], VAULT.pseudonym("anna")[:8])]
