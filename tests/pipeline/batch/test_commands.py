"""What an operator says to a partition is a record: the same in any batches, live and read again."""

from __future__ import annotations

import json
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log, at

from schemas.decision import Decision
from schemas.globals import Epoch, Signals
from schemas.vocabulary import ContextField, DeadReason
from streams.knowledge.shared import Knowledge
from streams.offline.explain import check_features
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import unpack_rows
from streams.pipeline.aggregate.consent import Stand, stands
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.shared.sequence import in_sequence
from streams.state.marker import read_marker
from streams.state.store import SET_ASIDE, TIMER, USER, MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS, YEAR_MS = 60_000, 31_536_000_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", debounce_ms=1_000
)
VAULT = Vault(b"commands to a partition", SETTINGS.tenant)
BERT = VAULT.pseudonym("bert")
EPOCHS = ((-MINUTE_MS, 0), (YEAR_MS, 0), (2 * MINUTE_MS, 5))
"""When each begins to hold, and since when; the second was made by a learner whose time was ahead."""
TOPICS = ("clicks", "context", "ticks")


def run(records, cuts=(), store=None):
    """Decide the records in batches; return the store and what was published."""
    store, outputs, knowledge = store or MemoryStore(), [], Knowledge()
    for holds_ms, since in EPOCHS:
        told = Epoch(number=T0_MS + holds_ms, holds_from_ms=T0_MS + holds_ms, since=since)
        assert knowledge.apply_epoch(msgspec.msgpack.encode(told)) is None
    pipeline = Pipeline(SETTINGS, VAULT, knowledge)
    for start, end in pairwise(sorted({0, *cuts, len(records)})):
        for effects in pipeline.process_whole(0, store, records[start:end]):
            store.apply(effects.rows)
            outputs += effects.outputs
    return store, outputs


def sized(records, size):
    return run(records, range(0, len(records), size))


def decisions(outputs):
    return [msgspec.json.decode(o.value, type=Decision) for o in outputs if o.topic == "decisions"]


def told(outputs):
    return [
        (d.trigger.kind, d.now_ms - T0_MS, d.epoch and d.epoch - T0_MS) for d in decisions(outputs)
    ]


def public(outputs):
    return [output for output in outputs if output.topic != "signals"]


def letters(outputs):
    return [
        (dict(o.headers)["kairos-reason"].decode(), dict(o.headers)["kairos-topic"].decode())
        for o in outputs
        if o.topic == "dead-letters"
    ]


# -- time goes back


def ahead_and_back():
    """A favourite, a tick from next year, the command, then the real time."""
    log = Log()
    log.click("anna", "fav", "lamp", T0_MS)
    log.tick(T0_MS + YEAR_MS)
    log.click("anna", "fav", "sofa", T0_MS + 30_000)
    log.time_back(T0_MS + MINUTE_MS)
    log.click("bert", "cart", "kettle", T0_MS + MINUTE_MS)
    log.click("anna", "fav", "kettle", T0_MS + MINUTE_MS + 1)
    log.click("anna", "fav", "chair", T0_MS + 3 * MINUTE_MS)
    log.tick(T0_MS + 59 * MINUTE_MS)
    log.tick(T0_MS + 62 * MINUTE_MS)
    return log.records


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_time_and_epoch_go_back_and_timers_fire_when_they_are_due(size):
    store, outputs = sized(ahead_and_back(), size)
    assert read_marker(store).stream_ms == T0_MS + 62 * MINUTE_MS
    before, after = -MINUTE_MS, 2 * MINUTE_MS
    assert told(outputs) == [
        ("favourite", 0, before),
        ("favourite", YEAR_MS, after),
        ("favourite", MINUTE_MS + 1, before),
        ("favourite", 3 * MINUTE_MS, after),
        ("cart_left", 61 * MINUTE_MS, after),
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_the_learner_is_told_once(size):
    _, outputs = sized(ahead_and_back(), size)
    signals = [
        msgspec.msgpack.decode(o.value, type=Signals) for o in outputs if o.topic == "signals"
    ]
    assert [s.back_ms - T0_MS for s in signals if s.back_ms] == [MINUTE_MS]
    back = next(n for n, s in enumerate(signals) if s.back_ms)
    assert max(s.stream_ms for s in signals[:back]) == T0_MS + YEAR_MS
    assert max(s.stream_ms for s in signals[back:]) <= T0_MS + 62 * MINUTE_MS


def test_a_decision_that_was_made_ahead_holds_up_none_and_the_debounce_goes_on():
    log = Log()
    log.tick(T0_MS + YEAR_MS)
    log.click("anna", "fav", "lamp", T0_MS)
    log.time_back(T0_MS)
    for ms in (0, 1, 999, 1_000):
        log.click("anna", "fav", f"item{ms}", T0_MS + ms)
    _, outputs = run(log.records)
    assert [d.now_ms - T0_MS for d in decisions(outputs)] == [YEAR_MS, 0, 1_000]


def test_a_timer_that_waits_stays_where_it_is():
    log = Log()
    log.click("bert", "cart", "kettle", T0_MS)
    log.tick(T0_MS + 30 * MINUTE_MS)
    log.time_back(T0_MS + MINUTE_MS)
    store, outputs = run(log.records)
    due_ms = T0_MS + 60 * MINUTE_MS
    assert [key[1:9] for key in store.rows if key.startswith(TIMER)] == [due_ms.to_bytes(8, "big")]
    assert decisions(outputs) == []


def test_a_partition_that_is_not_ahead_takes_it_as_any_tick():
    log = Log()
    log.click("bert", "view", "kettle", T0_MS)
    log.time_back(T0_MS + 5)
    store, _ = run(log.records)
    assert read_marker(store).stream_ms == T0_MS + 5
    assert read_marker(store).counts["ticks"] == 1


def test_who_reads_the_log_again_puts_a_command_where_it_was_said():
    """The record from next year would hold its topic up until all the others end."""
    log = Log()
    log.click("anna", "fav", "lamp", T0_MS)
    log.click("anna", "fav", "sofa", T0_MS + YEAR_MS)
    log.time_back(T0_MS + MINUTE_MS)
    log.click("anna", "fav", "kettle", T0_MS + MINUTE_MS + 1)
    log.tick(T0_MS + 2 * MINUTE_MS)
    assert in_sequence(log.records, TOPICS) == log.records


# -- a user is released


def fates(fresh):
    return told_of_bert(fresh).records


def told_of_bert(fresh):
    """Bert's row is spoilt after the third record; what he then says is refused until his release."""
    log = Log()
    log.click("bert", "cart", "kettle", T0_MS)
    log.click("anna", "view", "kettle", T0_MS + 1)
    log.context("bert", T0_MS + 2, consent={"push": False})
    log.click("bert", "fav", "lamp", T0_MS + MINUTE_MS)
    log.click("anna", "fav", "lamp", T0_MS + MINUTE_MS + 1)
    log.release(BERT, T0_MS + MINUTE_MS + 1, fresh=fresh)
    log.click("bert", "fav", "chair", T0_MS + 2 * MINUTE_MS)
    log.click("anna", "fav", "chair", T0_MS + 2 * MINUTE_MS + 1)
    log.tick(T0_MS + 62 * MINUTE_MS)
    return log


SPOILT_AT = 3


def spoilt():
    store, outputs = run(fates(fresh=True)[:SPOILT_AT])
    store.apply({USER + BERT: b"\xff" + store.rows[USER + BERT][1:]})
    return store, outputs


def mended(store):
    """A later build reads the row: here, the byte that was wrong is right again."""
    row = store.rows[SET_ASIDE + BERT]
    store.apply({SET_ASIDE + BERT: bytes([unspoilt_version()]) + row[1:]})


def unspoilt_version():
    return run(fates(fresh=True)[:SPOILT_AT])[0].rows[USER + BERT][0]


def of_bert(outputs):
    return [d for d in decisions(outputs) if d.user == BERT.hex()]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_released_user_counts_again_and_is_not_pushed_by_a_default(size):
    store, _ = spoilt()
    rest = fates(fresh=True)[SPOILT_AT:]
    store, outputs = run(rest, range(0, len(rest), size), store)
    assert letters(outputs) == [("user_set_aside", "clicks")]
    marker = read_marker(store)
    assert (marker.set_aside, marker.counts["released"]) == ([], 1)
    assert store.rows[SET_ASIDE + BERT][:1] == b"\xff", "kept for a look"
    state = unpack_rows([BERT], [store.rows[USER + BERT]])
    assert state.head["total"].tolist() == [1]
    assert stands(state, ContextField.CONSENT_PUSH).tolist() == [Stand.NO]
    assert [(d.trigger.kind, d.reason) for d in of_bert(outputs)] == [("favourite", "no_consent")]


def test_a_yes_of_after_the_release_counts_and_one_of_before_does_not():
    for ts_ms, event_id in ((T0_MS + MINUTE_MS + 1, "before"), (T0_MS + 3 * MINUTE_MS, "after")):
        log = told_of_bert(fresh=True)
        log.context("bert", ts_ms, event_id=event_id, consent={"push": True})
        store, _ = run(log.records[SPOILT_AT:], store=spoilt()[0])
        state = unpack_rows([BERT], [store.rows[USER + BERT]])
        wanted = Stand.YES if event_id == "after" else Stand.NO
        assert stands(state, ContextField.CONSENT_PUSH).tolist() == [wanted]


def test_a_row_that_can_be_read_again_goes_on_with_its_timers():
    records = fates(fresh=False)
    store, _ = run(records[SPOILT_AT:5], store=spoilt()[0])
    mended(store)
    store, outputs = run(records[5:], store=store)
    assert SET_ASIDE + BERT not in store.rows
    assert unpack_rows([BERT], [store.rows[USER + BERT]]).head["total"].tolist() == [3]
    assert [d.trigger.kind for d in of_bert(outputs)] == ["favourite", "cart_left"]
    assert {d.reason for d in of_bert(outputs)} == {"no_consent"}


def test_a_row_that_still_cannot_be_read_stays_aside_and_the_command_is_a_dead_letter():
    store, _ = spoilt()
    store, outputs = run(fates(fresh=False)[SPOILT_AT:], store=store)
    assert read_marker(store).set_aside == [BERT]
    assert letters(outputs) == [
        ("user_set_aside", "clicks"), ("internal_error", "ticks"), ("user_set_aside", "clicks"),
    ]  # fmt: skip
    assert of_bert(outputs) == []


@pytest.mark.parametrize("fresh", [True, False])
def test_a_user_who_was_not_set_aside_is_not_touched(fresh):
    log = Log()
    log.click("bert", "cart", "kettle", T0_MS)
    plain, _ = run(log.records)
    log.release(BERT, T0_MS, fresh=fresh)
    store, _ = run(log.records)
    assert store.rows[USER + BERT] == plain.rows[USER + BERT]


def read_again(records, outputs):
    """The log with the verdicts of its dead letters, as tools read it."""
    found = {
        (h["kairos-topic"].decode(), int(h["kairos-offset"])): DeadReason(
            h["kairos-reason"].decode()
        )
        for h in (dict(o.headers) for o in outputs if o.topic == "dead-letters")
    }
    return in_sequence(
        [msgspec.structs.replace(r, refused=found.get((r.topic, r.offset))) for r in records],
        TOPICS,
    )


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_log_read_again_comes_to_the_same_rows_and_explains_its_decisions(size):
    store, before = spoilt()
    live, after = run(fates(fresh=True)[SPOILT_AT:], store=store)
    log = read_again(fates(fresh=True), [*before, *after])
    again, outputs = sized(log, size)
    assert again.rows[USER + BERT] == live.rows[USER + BERT]
    assert public(outputs) == public([*before, *after])
    for decision in decisions([*before, *after]):
        assert check_features(decision, log, SETTINGS, VAULT).same in (True, None)


# -- what is no command


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("unheard-of", b"{}", "unknown_command"),
        ("time-back", b"", "wrong_type"),
        ("release", b'{"after": {}, "user": "zz", "fresh": true}', "wrong_type"),
        ("release", b'{"after": {}, "user": "00", "fresh": true}', "wrong_type"),
        ("release", b'{"after": {}, "user": 7, "fresh": true}', "wrong_type"),
        ("release", b"\xff", "wrong_type"),
    ],
)
def test_what_is_no_command_is_a_dead_letter_and_moves_no_time(key, value, reason):
    log = Log()
    log.click("bert", "cart", "kettle", T0_MS)
    log.add("ticks", key, value, T0_MS + YEAR_MS)
    log.click("bert", "view", "kettle", T0_MS + 1)
    store, outputs = run(log.records)
    assert letters(outputs) == [(reason, "ticks")]
    marker = read_marker(store)
    assert (marker.stream_ms, marker.counts["accepted"]) == (T0_MS + 1, 2)
    assert marker.counts["other_dead_letters"] == 1


@pytest.mark.parametrize("value", [b"", None, b"time-back", b"\xff"])
def test_a_tick_without_a_key_is_time_alone_whatever_it_says(value):
    log = Log()
    log.add("ticks", None, value, T0_MS)
    store, outputs = run(log.records)
    assert (read_marker(store).stream_ms, letters(outputs)) == (T0_MS, [])


# -- any split


def all_of_it():
    """Bert is set aside and released, time runs ahead and is brought back, odd commands between."""
    log = told_of_bert(fresh=True)
    log.add("ticks", "unheard-of", b"", T0_MS + YEAR_MS)
    log.tick(T0_MS + YEAR_MS)
    log.click("bert", "fav", "sofa", T0_MS + 63 * MINUTE_MS, event_id="ahead")
    log.time_back(T0_MS + 64 * MINUTE_MS)
    log.click("bert", "cart", "sofa", T0_MS + 64 * MINUTE_MS, event_id="cart")
    log.click("anna", "fav", "sofa", T0_MS + 65 * MINUTE_MS, event_id="fav")
    log.tick(T0_MS + 130 * MINUTE_MS)
    return log.records[SPOILT_AT:]


SEQUENCE = all_of_it()
WHOLE = run(SEQUENCE, store=spoilt()[0])


@settings(max_examples=examples(40), deadline=None)
@given(st.sets(st.integers(1, len(SEQUENCE) - 1)))
def test_any_split_of_a_sequence_with_commands_gives_the_same_bytes(cuts):
    store, outputs = run(SEQUENCE, cuts, spoilt()[0])
    assert store.rows == WHOLE[0].rows
    assert public(outputs) == public(WHOLE[1])
    assert len(decisions(outputs)) == 6


def test_what_the_sequence_holds():
    assert [json.loads(o.value)["trigger"]["kind"] for o in WHOLE[1] if o.topic == "decisions"]
    assert [reason for reason, _ in letters(WHOLE[1])] == ["user_set_aside", "unknown_command"]
