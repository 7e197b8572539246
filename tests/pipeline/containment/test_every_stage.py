"""Every stage x every kind of thing at fault: it alone is set aside, whatever the size of the batches."""

from __future__ import annotations

import importlib
import json
from collections import Counter

import msgspec
import pytest
from support.injector import RAISING, STAGES, Injector
from support.records import Log, at

from models.bundle import Bundle, reference_path
from schemas.globals import Epoch
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import facts_length
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.publish import publish
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import USER, MemoryStore, UndecidedError

pytestmark = pytest.mark.slow

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings(
    {}, consent_default="granted", repeat_item_views=2, quiet_start="00:00", quiet_end="00:00",
    cap_per_day=50, min_gap_ms=0,
)  # fmt: skip
VAULT = Vault(b"a secret of the tests", SETTINGS.tenant)
BUNDLE = Bundle.load(reference_path())
NEIGHBOURS = ("anna", "bert", "carl")
OLD, NEW = 1, 2
"""Epochs: one that holds from before the log, one from its middle."""


def log_of(culprit: str) -> list:
    """Views that ask for decisions, a cart whose timer does, the record at fault; the same of neighbours."""
    log, users = Log(), (*NEIGHBOURS, culprit)
    for step in range(8):
        for n, user in enumerate(users):
            now_ms = T0_MS + (step * len(users) + n) * MINUTE_MS
            item = culprit if user in (culprit, "anna") else f"item{step // 2}"
            ts_ms = now_ms + (7 if step == 1 and user == culprit else 0)
            log.click(user, "cart" if step == 6 else "view", item, ts_ms, event_id=f"{user}{step}")
    log.tick(T0_MS + 300 * MINUTE_MS)
    return log.records


def decided(records, size, epochs=(OLD, NEW)):
    store, outputs = MemoryStore(), []
    job = Pipeline(SETTINGS, VAULT, bundle=BUNDLE)
    for number in epochs:
        told = Epoch(number=number, holds_from_ms=0 if number == OLD else T0_MS + 16 * MINUTE_MS)
        assert job.knowledge.apply_epoch(msgspec.msgpack.encode(told)) is None
    for start in range(0, len(records), size):
        for effects in job.process_whole(0, store, records[start : start + size]):
            store.apply(effects.rows)
            outputs += effects.outputs
    return store, outputs


def told(outputs, topic):
    return [json.loads(o.value) for o in outputs if o.topic == topic]


def dead(outputs):
    return [dict(o.headers) for o in outputs if o.topic == "dead-letters"]


def facts(store, but):
    rows = {k: v[: facts_length(v)] for k, v in store.rows.items() if k.startswith(USER)}
    return {k: v for k, v in rows.items() if k != USER + VAULT.pseudonym(but)}


def of_neighbours(outputs, but):
    users = [VAULT.pseudonym(name).hex() for name in NEIGHBOURS if name != but]
    return [
        each
        for topic in ("decisions", "suppressions")
        for each in told(outputs, topic)
        if each["user"] in users
    ]


def accounted(store):
    counts = Counter(read_marker(store).counts)
    done = ("accepted", "duplicates", "late", "dead_letters")
    assert counts["consumed"] == sum(counts[name] for name in done)
    assert counts["decided"] == counts["recommended"] + counts["suppressed"]
    return counts


def injected(monkeypatch, bad_epochs=lambda stage, number: False):
    injector = Injector(VAULT, monkeypatch.setattr)
    injector.bad_epochs = bad_epochs
    injector.install()


BEFORE_DUE = ("accept", "aggregate", "trigger")
"""Stages that may meet a timer together with records of its user, or never."""
KINDS = [kind for kind in RAISING if kind not in ("epoch", "row")]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 1_000])
def test_a_record_a_user_or_a_timer_costs_its_neighbours_nothing(monkeypatch, stage, kind, size):
    culprit = f"{stage}-{kind}"
    records = log_of(culprit)
    plain, expected = decided(records, size)
    injected(monkeypatch)
    store, outputs = decided(records, size)
    assert facts(store, culprit) == facts(plain, culprit)
    assert of_neighbours(outputs, culprit) == of_neighbours(expected, culprit)
    assert accounted(store)["epochs_left"] == 0
    stopped = [s for s in told(outputs, "suppressions") if s["reason"] == "internal_error"]
    hit = [*dead(outputs), *stopped, *read_marker(store).set_aside]
    assert hit or (kind == "timer" and stage in BEFORE_DUE)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("size", [1, 1_000])
def test_an_item_costs_those_who_did_not_meet_it_nothing(monkeypatch, stage, size):
    """Before there are candidates, it is met in what users do: anna looks at it, too."""
    culprit = f"{stage}-row"
    records = log_of(culprit)
    plain, expected = decided(records, size)
    injected(monkeypatch)
    store, outputs = decided(records, size)
    others = [user for user in NEIGHBOURS if user != "anna"]
    for name in others:
        key = USER + VAULT.pseudonym(name)
        assert facts(store, culprit)[key] == facts(plain, culprit)[key]
    assert of_neighbours(outputs, "anna") == of_neighbours(expected, "anna")
    assert all(culprit.encode() not in o.value for o in outputs if o.topic == "recommendations")
    assert accounted(store)["epochs_left"] == 0


@pytest.mark.parametrize("size", [1, 1_000])
def test_where_every_users_timer_raises_no_row_is_set_aside_and_the_partition_pauses(
    monkeypatch, size
):
    """A build that cannot publish, say: it is the fault of none of them."""
    log, (module, name) = log_of("dora"), STAGES["publish"]

    def spoilt(decided, *more):
        if (decided.due.due_ms >= 0).any():
            raise ZeroDivisionError
        return publish(decided, *more)

    monkeypatch.setattr(importlib.import_module(module), name, spoilt)
    with pytest.raises(UndecidedError):
        decided(log, size)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "accept"])
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_an_epoch_at_fault_is_left_for_the_one_before_and_nothing_else_is_set_aside(
    monkeypatch, stage, size
):
    """No record is read under an epoch: `accept` cannot meet one."""
    records = log_of("dora")
    plain, expected = decided(records, size, epochs=(OLD,))
    injected(monkeypatch, lambda at, number: (at, number) == (stage, NEW))
    store, outputs = decided(records, size)
    assert dead(outputs) == []
    assert facts(store, "") == facts(plain, "")
    assert told(outputs, "decisions") == told(expected, "decisions")
    assert {d["epoch"] for d in told(outputs, "decisions")} == {OLD}
    marker = read_marker(store)
    assert (marker.epoch, marker.left_epochs) == (OLD, [NEW])
    assert accounted(store)["epochs_left"] == 1
