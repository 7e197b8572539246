"""Stories 1 and 3 of DESIGN section 9 on the bare data path; tests/kafka tells all on a broker."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log
from support.stories import check_cancel, check_upsert, evening, morning, night

from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import facts_length
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import USER, MemoryStore

SETTINGS = load_settings({})


def run(records):
    store, outputs = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, Vault(b"story secret", SETTINGS.tenant))
    for record in records:
        effects = pipeline.process(0, store, [record])
        store.apply(effects.rows)
        outputs += effects.outputs
    return store, outputs


def published(outputs):
    return [json.loads(output.value) for output in outputs if output.topic == "recommendations"]


def facts(store):
    return {k: v[: facts_length(v)] for k, v in store.rows.items() if k.startswith(USER)}


def told():
    log = Log()
    for chapter in (evening, night, morning):
        chapter(log)
    return log.records


def test_the_cart_and_the_clock():
    store, outputs = run(told())
    upsert, cancel = published(outputs)
    check_upsert(upsert)
    check_cancel(cancel, upsert)
    assert read_marker(store).counts["decided"] == 1


def test_without_consent_nothing_is_sent_and_the_record_says_why():
    log = Log()
    evening(log)
    log.records = log.records[1:]
    night(log)
    _, outputs = run(log.records)
    assert published(outputs) == []
    (suppression,) = [json.loads(o.value) for o in outputs if o.topic == "suppressions"]
    assert suppression["reason"] == "no_consent"
    assert suppression["policy"]["consent"] == "default_denied"


def test_a_withdrawal_of_consent_takes_the_push_back():
    log = Log()
    evening(log)
    night(log)
    from support.records import at
    from support.stories import SUNDAY, USER

    log.context(USER, at(SUNDAY.format("07:00")), consent={"push": False})
    _, outputs = run(log.records)
    upsert, cancel = published(outputs)
    assert cancel["recommendation_id"] == upsert["recommendation_id"]
    assert cancel["reason_codes"] == ["consent_withdrawn"]


@given(st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=examples(40))
def test_the_bad_night(shuffle: random.Random):
    """Shuffled, each twice, malformed ones between: same facts, same single recommendation."""
    log = Log()
    evening(log)
    doubled = log.records * 2
    for bad in (b"", b"{", b'{"event_id": "x"}'):
        doubled.append(log.add("clicks", "anna@example.com", bad, doubled[0].timestamp_ms))
    shuffle.shuffle(doubled)
    log.records = doubled
    night(log)
    morning(log)
    quiet_store, quiet = run(told())
    store, outputs = run(log.records)
    assert facts(store) == facts(quiet_store)
    assert [r["recommendation_id"] for r in published(outputs)] == [
        r["recommendation_id"] for r in published(quiet)
    ]
    assert [r["action"] for r in published(outputs)] == ["upsert", "cancel"]
    counts = read_marker(store).counts
    assert (counts["dead_letters"], counts["duplicates"], counts["accepted"]) == (3, 3, 4)
    assert counts["consumed"] == 10
