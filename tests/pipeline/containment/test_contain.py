"""One thing makes the path raise, at every stage in turn: it alone is set aside, and it is told."""

from __future__ import annotations

import importlib
import json
from collections import Counter

import pytest
from msgspec.structs import replace
from support.records import Log, at

from models.bundle import Bundle, reference_path
from schemas.ids import event_hash, hash64
from schemas.vocabulary import DeadReason
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import facts_length
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import (
    SET_ASIDE,
    TIMER,
    USER,
    MemoryStore,
    StoreError,
    UndecidedError,
    Work,
)

pytestmark = pytest.mark.slow

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings(
    {}, consent_default="granted", repeat_item_views=2, quiet_start="00:00", quiet_end="00:00",
    cap_per_day=50, min_gap_ms=0,
)  # fmt: skip
VAULT = Vault(b"a secret of the tests", SETTINGS.tenant)
BUNDLE = Bundle.load(reference_path())
USERS = ("anna", "bert", "carl", "dora")
BERT, CARL = VAULT.pseudonym("bert"), VAULT.pseudonym("carl")
SECRET_WORD = "kettle-of-bert"
PATH, WAVES = "streams.pipeline.pipeline", "streams.pipeline.batch.waves"


class Boom(Exception):
    """Something that nobody thought of; its message quotes what no log may say."""


class PanicException(BaseException):
    pass


PanicException.__module__ = "pyo3_runtime"


def log_of_a_day() -> list:
    log = Log()
    for step in range(12):
        for n, user in enumerate(USERS):
            now_ms = T0_MS + (step * len(USERS) + n) * MINUTE_MS
            item = SECRET_WORD if user == "bert" else f"item{(step // 2 + n) % 5}"
            log.click(user, "cart" if step == 7 else "view", item, now_ms, event_id=f"{user}{step}")
    log.purchase("bert", [SECRET_WORD], T0_MS + 60 * MINUTE_MS, event_id="bert-buys")
    log.tick(T0_MS + 300 * MINUTE_MS)
    return log.records


RECORDS = log_of_a_day()


def decided(records=RECORDS, size=1_000, conf=SETTINGS):
    store, outputs = MemoryStore(), []
    job = Pipeline(conf, VAULT, bundle=BUNDLE)
    for start in range(0, len(records), size):
        effects = job.process(0, store, records[start : start + size])
        store.apply(effects.rows)
        outputs += effects.outputs
    return store, outputs


def told(outputs, topic):
    return [json.loads(o.value) for o in outputs if o.topic == topic]


def dead(outputs):
    return [dict(o.headers) for o in outputs if o.topic == "dead-letters"]


def facts(store):
    return {k: v[: facts_length(v)] for k, v in store.rows.items() if k.startswith(USER)}


def of_others(outputs, user=BERT):
    return [
        (o.topic, o.value)
        for o in outputs
        if o.topic in ("decisions", "suppressions") and json.loads(o.value)["user"] != user.hex()
    ]


def accounted(store):
    counts = Counter(read_marker(store).counts)
    done = ("accepted", "duplicates", "late", "dead_letters")
    assert counts["consumed"] == sum(counts[name] for name in done)
    assert counts["decided"] == counts["recommended"] + counts["suppressed"]
    return counts


def raising(monkeypatch, module, name, poisoned, error=Boom):
    module = importlib.import_module(module)
    plain = getattr(module, name)

    def spoilt(*args, **kwargs):
        if poisoned(*args):
            raise error(SECRET_WORD)
        return plain(*args, **kwargs)

    monkeypatch.setattr(module, name, spoilt)


# -- a record

READING = {
    "decode": ("streams.pipeline.accept.accept", "decode", lambda record, *_: b'"bert5"' in (record.value or b"")),
    "aggregate": (
        WAVES, "aggregate",
        lambda state, wave, *_: event_hash("clicks", "bert5") in wave.facts["event"].tolist(),
    ),
    "deduplicate": (
        PATH, "deduplicate",
        lambda batch, *_: event_hash("clicks", "bert5") in batch.facts["event"].tolist(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("stage", READING)
@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("error", [Boom, RecursionError, PanicException])
def test_a_record_that_cannot_be_taken_in_is_a_dead_letter_and_costs_no_other(
    monkeypatch, stage, size, error
):
    broken = [
        r
        if b'"bert5"' not in (r.value or b"")
        else Log().add("clicks", "bert", b"{", r.timestamp_ms)
        for r in RECORDS
    ]
    expected, wanted = decided(broken)
    raising(monkeypatch, *READING[stage], error)
    store, outputs = decided(size=size)
    assert facts(store) == facts(expected)
    assert [(h["kairos-reason"], h["kairos-offset"]) for h in dead(outputs)] == [
        (b"internal_error", b"21")
    ]
    ours = [(o.topic, o.value) for o in outputs if o.topic in ("decisions", "recommendations")]
    theirs = [(o.topic, o.value) for o in wanted if o.topic in ("decisions", "recommendations")]
    assert len(ours) == len(theirs)
    accounted(store)


def test_who_reads_the_log_again_takes_the_verdict_and_does_not_judge(monkeypatch):
    """As `replay` from Kafka and `explain` do: by then the build may be another one."""
    log = Log()
    log.context("bert", T0_MS, consent={"push": False}, event_id="bert5")
    records = [*log.records, *RECORDS]
    with monkeypatch.context() as patch:
        raising(patch, *READING["decode"])
        store, outputs = decided(records)
    places = {(h["kairos-topic"].decode(), int(h["kairos-offset"])) for h in dead(outputs)}
    assert len(places) == 2
    told = [
        replace(r, refused=DeadReason.INTERNAL_ERROR) if (r.topic, r.offset) in places else r
        for r in records
    ]
    again, repeated = decided(told)
    assert facts(again) == facts(store)
    assert [h["kairos-reason"] for h in dead(repeated)] == [b"internal_error"] * 2
    kinds = ("decisions", "suppressions", "recommendations")
    assert [o for o in repeated if o.topic in kinds] == [o for o in outputs if o.topic in kinds]


@pytest.mark.parametrize(
    ("verdict", "said"), [(DeadReason.INTERNAL_ERROR, True), (DeadReason.UNREAD, False)]
)
def test_a_no_counts_in_a_record_that_ended_the_process_unless_it_may_not_even_be_read(
    verdict, said
):
    log = Log()
    log.context("bert", T0_MS, consent={"push": False}, event_id="bert5")
    for step in range(4):
        log.click("bert", "view", SECRET_WORD, T0_MS + step * MINUTE_MS)
    records = [replace(log.records[0], refused=verdict), *log.records[1:]]
    store, outputs = decided(records)
    assert [letter["kairos-reason"] for letter in dead(outputs)] == [verdict.value.encode()]
    assert ("no_consent" in {s["reason"] for s in told(outputs, "suppressions")}) == said
    accounted(store)


# -- a decision

DECIDING = ("screen", "gather", "score", "diversify", "allocate")


def _of_bert(*args):
    return any(BERT in getattr(getattr(arg, "state", None), "keys", ()) for arg in args)


@pytest.mark.parametrize("stage", DECIDING)
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_users_decision_that_raises_ends_as_internal_error_and_the_facts_stay(
    monkeypatch, stage, size
):
    plain, expected = decided()
    raising(monkeypatch, PATH, stage, _of_bert)
    store, outputs = decided(size=size)
    assert facts(store) == facts(plain)
    assert of_others(outputs) == of_others(expected)
    reasons = {s["reason"] for s in told(outputs, "suppressions") if s["user"] == BERT.hex()}
    gone = {"reason_gone"} if stage != "screen" else set()  # said of a timer before these are asked
    assert reasons == {"internal_error"} | gone & reasons
    assert dead(outputs) == []
    counts = accounted(store)
    assert counts["suppressed.internal_error"] > 0
    assert counts["decided"] == accounted(plain)["decided"]


def test_a_decision_that_cannot_even_be_written_takes_its_record_with_it_and_no_other(monkeypatch):
    """The suppression itself raises: nothing smaller than the record is left to blame."""
    _, expected = decided()
    raising(monkeypatch, PATH, "publish", lambda told, *_: BERT in told.due.state.keys)
    store, outputs = decided()
    assert of_others(outputs) == of_others(expected)
    assert {h["kairos-reason"] for h in dead(outputs)} == {b"internal_error"}
    assert {h["kairos-topic"] for h in dead(outputs)} <= {b"clicks", b"purchases"}
    accounted(store)


def test_a_withdrawal_that_raises_costs_nobody_anything(monkeypatch):
    plain, expected = decided()
    raising(monkeypatch, PATH, "retract", _of_bert)
    store, outputs = decided()
    assert facts(store) == facts(plain)
    assert of_others(outputs) == of_others(expected)
    assert dead(outputs) == []


# -- a timer, an item, a user's row


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_timer_that_raises_ends_as_internal_error_and_the_others_fire(monkeypatch, size):
    _, expected = decided()
    raising(
        monkeypatch, PATH, "gather",
        lambda due, *_: any(
            key == CARL and at_ms >= 0
            for key, at_ms in zip(due.state.keys, due.due_ms.tolist(), strict=True)
        ),
    )  # fmt: skip
    store, outputs = decided(size=size)
    assert of_others(outputs, CARL) == of_others(expected, CARL)
    of_carl = [s for s in told(outputs, "suppressions") if s["user"] == CARL.hex()]
    assert [s["trigger"] for s in of_carl if s["reason"] == "internal_error"] == ["cart_left"]
    assert dead(outputs) == []
    accounted(store)


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_an_item_that_makes_decisions_raise_is_no_candidate_and_they_are_made(monkeypatch, size):
    plain, _ = decided()
    item = hash64("item2")
    raising(
        monkeypatch, PATH, "score",
        lambda due, candidates, *_: item in candidates.item.tolist(),
    )  # fmt: skip
    store, outputs = decided(size=size)
    assert facts(store) == facts(plain)
    assert "internal_error" not in {s["reason"] for s in told(outputs, "suppressions")}
    assert accounted(store)["recommended"] > 0
    assert all(b"item2" not in o.value for o in outputs if o.topic == "recommendations")
    assert dead(outputs) == []


def test_a_row_that_cannot_be_read_is_set_aside_and_the_users_records_are_dead_letters():
    store, _ = decided(RECORDS[:20])
    spoilt = b"\xff" + store.rows[USER + BERT][1:]
    store.rows[USER + BERT] = spoilt
    others, _ = decided(RECORDS[:20])
    job = Pipeline(SETTINGS, VAULT, bundle=BUNDLE)
    effects = job.process(0, store, RECORDS[20:])
    healthy = job.process(0, others, RECORDS[20:])
    store.apply(effects.rows)
    others.apply(healthy.rows)
    assert store.rows[SET_ASIDE + BERT] == spoilt
    assert USER + BERT not in store.rows
    assert not any(key[9:] == BERT for key in store.rows if key.startswith(TIMER))
    assert read_marker(store).set_aside == [BERT]
    letters = dead(effects.outputs)
    assert {letter["kairos-reason"] for letter in letters} == {b"user_set_aside"}
    assert len(letters) == sum(b'"bert' in (r.value or b"") for r in RECORDS[20:])
    assert of_others(effects.outputs) == of_others(healthy.outputs)
    rest = {k: v for k, v in facts(others).items() if k != USER + BERT}
    assert facts(store) == rest
    accounted(store)


@pytest.mark.parametrize("size", [1, 1_000])
def test_a_users_timer_that_raises_undecided_is_not_blamed_on_the_record_that_brings_it(
    monkeypatch, size
):
    log = Log()
    log.click("carl", "cart", "item1", T0_MS)
    log.click("dora", "cart", "item2", T0_MS + MINUTE_MS)
    log.click("anna", "view", "item3", T0_MS + 90 * MINUTE_MS)
    log.tick(T0_MS + 91 * MINUTE_MS)
    raising(
        monkeypatch, WAVES, "aggregate",
        lambda state, wave, *_: CARL in state.keys and wave.stream_ms.max() > T0_MS + 60 * MINUTE_MS,
    )  # fmt: skip
    store, outputs = decided(log.records, size)
    assert dead(outputs) == []
    assert read_marker(store).set_aside == [CARL]
    accounted(store)


def whole(records, slice_timers):
    """Store and outputs where the timers of so many users fire in one unit of commit."""
    store, job, outputs = MemoryStore(), Pipeline(SETTINGS, VAULT, slice_timers=slice_timers), []
    for effects in job.process_whole(0, store, records):
        store.apply(effects.rows)
        outputs += effects.outputs
    return store, outputs


def around_a_record_that_raises():
    log = Log()
    log.click("carl", "cart", "item1", T0_MS)
    log.click("dora", "cart", "item2", T0_MS + MINUTE_MS)
    log.click("bert", "view", "item3", T0_MS + 300 * MINUTE_MS, event_id="bert5")
    log.click("anna", "view", "item3", T0_MS + 2 * MINUTE_MS)
    return log.records


@pytest.mark.parametrize("slice_timers", [1, 1_000])
def test_a_record_that_raises_moves_no_time_and_fires_no_timer(monkeypatch, slice_timers):
    raising(monkeypatch, *READING["decode"])
    store, outputs = whole(around_a_record_that_raises(), slice_timers)
    assert [letter["kairos-reason"] for letter in dead(outputs)] == [b"internal_error"]
    assert read_marker(store).stream_ms == T0_MS + 2 * MINUTE_MS
    assert "cart_left" not in {d["trigger"]["kind"] for d in told(outputs, "decisions")}


def test_what_is_told_of_a_record_that_raises_when_read_is_the_same_in_any_split(monkeypatch):
    raising(monkeypatch, *READING["decode"])
    records = around_a_record_that_raises()
    (store, outputs), (again, others) = whole(records, 1_000), whole(records, 1)
    assert dead(outputs)
    assert outputs == others
    assert store.rows == again.rows


# -- what counts nevertheless, and what is nobody's fault


def test_a_no_in_a_record_that_raises_still_counts(monkeypatch):
    log = Log()
    log.context("bert", T0_MS, consent={"push": False}, event_id="bert-says-no")
    for step in range(4):
        log.click("bert", "view", SECRET_WORD, T0_MS + step * MINUTE_MS)
    raising(
        monkeypatch, "streams.pipeline.accept.accept", "decode",
        lambda record, *_: b"bert-says-no" in record.value,
    )  # fmt: skip
    store, outputs = decided(log.records)
    assert [letter["kairos-reason"] for letter in dead(outputs)] == [b"internal_error"]
    assert {s["reason"] for s in told(outputs, "suppressions")} == {"no_consent"}
    accounted(store)


def test_what_raises_once_and_not_again_sets_nothing_aside(monkeypatch):
    plain, expected = decided()
    times = iter([True, True])
    raising(monkeypatch, PATH, "score", lambda *_: next(times, False))
    store, outputs = decided()
    assert store.rows == plain.rows
    assert [o for o in outputs if o.topic != "signals"] == [
        o for o in expected if o.topic != "signals"
    ]


class BrokenStore(MemoryStore):
    def get_many(self, keys):
        raise StoreError("IO error: no space left")


@pytest.mark.parametrize("error", [MemoryError, OSError])
def test_the_environments_fault_sets_nothing_aside_and_decides_nothing(monkeypatch, error):
    raising(monkeypatch, PATH, "score", lambda *_: True, error)
    with pytest.raises(UndecidedError, match=error.__name__) as caught:
        decided()
    assert SECRET_WORD not in str(caught.value)


def test_a_state_that_cannot_be_read_is_no_records_fault():
    with pytest.raises(StoreError):
        Pipeline(SETTINGS, VAULT, bundle=BUNDLE).process(0, BrokenStore(), RECORDS)


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_where_too_much_raises_the_partition_pauses_however_few_records_come_at_once(
    monkeypatch, size
):
    raising(monkeypatch, "streams.pipeline.accept.accept", "decode", lambda *_: True)
    with pytest.raises(UndecidedError, match="more than 20 of the last 200 records fail"):
        decided(size=size, conf=replace(SETTINGS, most_set_aside_percent=10))


def test_how_much_may_be_set_aside_is_a_setting(monkeypatch):
    raising(monkeypatch, "streams.pipeline.accept.accept", "decode", lambda *_: True)
    store, outputs = decided(conf=replace(SETTINGS, most_set_aside_percent=100))
    assert len(dead(outputs)) == len(RECORDS) - 1, "all but the tick"
    accounted(store)


def test_what_is_told_names_place_and_type_and_quotes_nothing(monkeypatch, caplog):
    raising(monkeypatch, *READING["decode"])
    _, outputs = decided()
    (letter,) = dead(outputs)
    sentence = letter["kairos-sentence"].decode()
    assert sentence.startswith("Boom in streams.pipeline.accept.accept:_add (traceback ")
    assert SECRET_WORD not in sentence + caplog.text


def test_only_the_partition_that_raises_is_decided_apart(monkeypatch):
    raising(monkeypatch, *READING["decode"])
    job = Pipeline(SETTINGS, VAULT, bundle=BUNDLE)
    clean = [r for r in RECORDS if b"carl" in (r.value or b"")]
    work = [Work(0, MemoryStore(), RECORDS), Work(1, MemoryStore(), clean)]
    first, second = job.process_all(work)
    assert second == job.process(1, MemoryStore(), clean)
    assert len(dead(first.outputs)) == 1
