"""A wave stops for one user as rarely as it can, and decides what stopping everywhere would."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import every_suspect
from support.examples import examples
from support.records import Log, at

from schemas.tables import SourceRecord
from streams.pipeline.accept import Vault
from streams.pipeline.batch import waves
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.trigger import ahead
from streams.settings import load_settings
from streams.state.store import MemoryStore, Work

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
NO_NIGHT = {"quiet_start": "00:00", "quiet_end": "00:00"}
SHORT = load_settings(
    {}, consent_default="granted", recent_events=8, repeat_item_views=2, repeat_category_views=3,
    repeat_window_ms=HOUR_MS, debounce_ms=5 * MINUTE_MS, cart_left_ms=2 * MINUTE_MS,
    search_left_ms=3 * MINUTE_MS, follow_up_ms=HOUR_MS, candidate_life_ms=4 * HOUR_MS,
    decisions_per_hour=3, min_gap_ms=0, cap_per_day=9, item_cooldown_ms=0, min_life_ms=0, **NO_NIGHT,
)  # fmt: skip
USUAL = load_settings({}, consent_default="granted", **NO_NIGHT)
EAGER = load_settings({}, consent_default="granted", debounce_ms=1_000, **NO_NIGHT)

DEEDS = (
    "view",
    "view",
    "fav",
    "cart",
    "remove_cart",
    "search",
    "buy",
    "situation",
    "consent",
    "tick",
)
deeds = st.tuples(
    st.sampled_from(DEEDS),
    st.integers(0, 2),  # item, device, consent
    st.sampled_from(
        [0, 0, 1_000, MINUTE_MS, 3 * MINUTE_MS, 50 * MINUTE_MS]
    ),  # since the one before
    st.sampled_from([0, 0, 0, MINUTE_MS, 10 * MINUTE_MS, 90 * MINUTE_MS]),  # how late it comes
    st.sampled_from(["anna", "anna", "anna", "bob"]),
)
TOLD = (True, False, None)


def sequence(drawn) -> list[SourceRecord]:
    log, now_ms = Log(), T0_MS
    for deed, which, step_ms, late_ms, user in drawn:
        now_ms += step_ms
        ts_ms, item = now_ms - late_ms, f"i{which}"
        if deed == "tick":
            log.tick(now_ms)
        elif deed == "buy":
            log.purchase(user, [item, "i0"][: 1 + which], ts_ms)
        elif deed == "situation":
            log.context(user, ts_ms, device=("mobile", "desktop", None)[which])
        elif deed == "consent":
            log.context(user, ts_ms, consent={"push": TOLD[which]}, timezone="Asia/Tokyo")
        elif deed == "search":
            log.click(user, "search", None, ts_ms, query=item)
        else:
            log.click(user, deed, item, ts_ms, category_id=f"c{which % 2}")
        last = log.records[-1]
        log.records[-1] = SourceRecord(last.topic, 0, last.offset, now_ms, last.key, last.value)
    return log.records


def outcome(records, cuts=(), given=SHORT):
    """The rows and the outputs of the records, however they are cut."""
    store, outputs = MemoryStore(), []
    pipeline = Pipeline(given, Vault(b"plan", given.tenant))
    edges = sorted({0, *(min(cut, len(records)) for cut in cuts), len(records)})
    for start, stop in pairwise(edges):
        effects = pipeline.process(0, store, records[start:stop])
        store.apply(effects.rows)
        outputs += [out for out in effects.outputs if out.topic != "signals"]
    return {key: row for key, row in store.rows.items() if key[:1] in b"UT"}, outputs


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Short sequences have no many suspects of one user; here two are many."""
    monkeypatch.setattr(ahead, "FEW", 1)
    monkeypatch.setattr(ahead, "AHEAD", 5)


@pytest.mark.slow
@given(st.lists(deeds, min_size=1, max_size=60))
@settings(max_examples=examples(300))
def test_looking_ahead_decides_what_stopping_at_every_suspect_would(drawn):
    records = sequence(drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waves, "plan", every_suspect.plan)
        wanted = outcome(records)
    assert outcome(records) == wanted


@pytest.mark.slow
@given(st.lists(deeds, min_size=1, max_size=60), st.lists(st.integers(1, 60), max_size=6))
@settings(max_examples=examples(200))
def test_any_cut_of_a_dear_sequence_gives_the_same_bytes(drawn, cuts):
    records = sequence(drawn)
    assert outcome(records, cuts) == outcome(records)


@given(st.lists(deeds, min_size=1, max_size=40), st.lists(deeds, min_size=1, max_size=40))
@settings(max_examples=examples(60))
def test_two_partitions_beside_each_other_are_what_each_is_alone(some, others):
    pipeline = Pipeline(SHORT, Vault(b"plan", SHORT.tenant))
    batches = [sequence(some), sequence([(*deed[:4], "carl") for deed in others])]
    stores = [MemoryStore(), MemoryStore()]
    together = pipeline.process_all(
        [
            Work(n, store, batch)
            for n, (store, batch) in enumerate(zip(stores, batches, strict=True))
        ]
    )
    for number, (store, batch) in enumerate(zip(stores, batches, strict=True)):
        alone = pipeline.process(number, store, batch)
        assert (together[number].rows, together[number].outputs) == (alone.rows, alone.outputs)


def stops(records, given, monkeypatch):
    """How many waves a batch takes."""
    count, plan = [0], waves.plan

    def counted(*args):
        count[0] += 1
        return plan(*args)

    monkeypatch.setattr(waves, "plan", counted)
    outcome(records, given=given)
    return count[0]


def log_of(add, step_ms=1_000, number=400):
    log = Log()
    for n in range(number):
        add(log, n, T0_MS + n * step_ms)
        last, now_ms = log.records[-1], T0_MS + n * step_ms
        log.records[-1] = SourceRecord(last.topic, 0, last.offset, now_ms, last.key, last.value)
    return log.records


DEAR = {
    "another zone each time": (
        lambda log, n, t: log.context("u", t, timezone=("Asia/Tokyo", "Europe/Rome")[n % 2]), 1_000),
    "old reports of a device": (
        lambda log, n, t: log.context("u", t - 2_000 * n, device=("mobile", "desktop")[n > 0]), 1_000),
    "a favourite each time": (lambda log, n, t: log.click("u", "fav", f"i{n}", t), 1_000),
    "views older and older": (lambda log, n, t: log.click("u", "view", "i", t - 2_000 * n), 1_000),
    "views too far apart": (lambda log, n, t: log.click("u", "view", "i", t), 25 * HOUR_MS),
    "views between orders": (
        lambda log, n, t: log.click("u", "view", "i", t) if n % 9 else log.purchase("u", ["i"], t),
        1_000),
    "carts 20 minutes apart": (lambda log, n, t: log.click("u", "cart", "i", t), 20 * MINUTE_MS),
    "carts of two hours ago": (lambda log, n, t: log.click("u", "cart", "i", t - 2 * HOUR_MS), 1_000),
    "carts that were empty before": (
        lambda log, n, t: log.click("u", ("remove_cart", "cart")[n % 2], "i", t - t % 2_000 - 2 * HOUR_MS),
        1_000),
    "withdrawals that came too late": (
        lambda log, n, t: log.click("u", "fav", "i", t) if n == 1 else log.context(
            "u", t - 2_000 * n, consent={"push": n == 0}), 1_000),
    "nothing told of consent, another device each time": (
        lambda log, n, t: log.click("u", "fav", "i", t) if n == 2 else log.context(
            "u", t, consent={"push": None}, device=("mobile", "desktop")[n % 2]), 1_000),
}  # fmt: skip


@pytest.mark.parametrize("given", [USUAL, EAGER], ids=["debounce 6 h", "debounce 1 s"])
@pytest.mark.parametrize("name", DEAR)
def test_one_user_does_not_stop_a_wave_at_every_record(name, given, monkeypatch):
    monkeypatch.setattr(ahead, "AHEAD", 32)
    records = log_of(*DEAR[name])
    budget = given.decisions_per_hour + 1
    assert stops(records, given, monkeypatch) <= 2 * budget + len(records) // 32 + 2
