"""A partition's dictionary through the whole path: it ends, it never loses a text in use, and no split shows."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log, at

from schemas.globals import Signals
from schemas.ids import hash64
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state import sweep
from streams.state.marker import read_marker
from streams.state.rows import unpack_rows
from streams.state.store import NAMES, USER, MemoryStore
from streams.state.sweep import DROPPED, Pace, referred
from streams.state.texts import Texts

T0_MS = at("2026-01-01T00:00:00+00:00")
STEP_MS = 10 * 60_000
NEVER = Pace(records=10_000)
SETTINGS = load_settings({}, consent_default="granted", recent_events=16)
PACE = Pace(records=10, users=2, rows=3)


@pytest.fixture(scope="module", autouse=True)
def soon():
    """A generation ends early."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "FEW", 40)
        yield


@pytest.fixture(scope="module")
def long():
    """Store and outputs of a long stream."""
    return run(shop(1_000), range(0, 1_000, 37))


def shop(events):
    """Events of three users; most items are new, the last one is one of the first."""
    log = Log()
    for n in range(events):
        item = "item 1" if n == events - 1 else f"item {n}" if n % 4 else f"evergreen {n % 5}"
        event = "fav" if n % 50 == 0 else "view"
        log.click(f"u{n % 3}", event, item, T0_MS + n * STEP_MS, category_id=f"c{n // 50}")
    return log.records


def run(records, cuts=(), pace=PACE):
    pipeline = Pipeline(SETTINGS, Vault(b"texts", SETTINGS.tenant), pace=pace)
    store, outputs = MemoryStore(), []
    edges = sorted({0, *(min(cut, len(records)) for cut in cuts), len(records)})
    for start, stop in pairwise(edges):
        for effects in pipeline.process_whole(0, store, records[start:stop]):
            store.apply(effects.rows)
            outputs += effects.outputs
    return store, outputs


def said(outputs):
    return [output for output in outputs if output.topic != "signals"]


def by_topic(outputs, topic):
    return [json.loads(output.value) for output in outputs if output.topic == topic]


def told(outputs):
    """What the learner is told, in order."""
    signals = [
        msgspec.msgpack.decode(o.value, type=Signals) for o in outputs if o.topic == "signals"
    ]
    return [text for one in signals for text in one.names.values()]


RECORDS = shop(160)


@cache
def whole_run():
    return run(RECORDS)


@given(st.lists(st.integers(0, len(RECORDS)), max_size=20))
@settings(max_examples=examples(15), deadline=None)
def test_any_split_into_batches_drops_the_same_texts(cuts):
    whole, cut = whole_run(), run(RECORDS, cuts)
    assert read_marker(whole[0]).counts[DROPPED] > 20
    assert cut[0].rows == whole[0].rows
    assert said(cut[1]) == said(whole[1])
    assert told(cut[1]) == told(whole[1])


@pytest.mark.slow
def test_a_long_stream_of_new_items_lets_no_dictionary_grow(long):
    store, outputs = long
    marker = read_marker(store)
    stored = sum(row.count(b"\xff") - 1 for key, row in store.rows.items() if key.startswith(NAMES))
    assert len(set(told(outputs))) > 750
    assert stored < 250
    assert marker.counts[DROPPED] > 500
    assert marker.generation.number > 3


@pytest.mark.slow
def test_what_is_dropped_changes_no_row_and_no_decision_and_is_in_no_row(long):
    store, outputs = long
    users = [(key[1:], row) for key, row in store.rows.items() if key.startswith(USER)]
    numbers = referred(unpack_rows([key for key, _ in users], [row for _, row in users]))
    known = {hash64(text) for text in told(outputs)}.intersection(numbers)
    assert len(known) > 40
    assert None not in Texts(store.get_many, read_marker(store)).find(known).values()
    kept, every = run(shop(1_000), range(0, 1_000, 37), NEVER)
    assert read_marker(kept).counts.get(DROPPED, 0) == 0
    assert users == [(key[1:], row) for key, row in kept.rows.items() if key.startswith(USER)]
    assert said(outputs) == said(every)
    assert sum(len(each["candidates"]) for each in by_topic(outputs, "decisions")) > 30


def test_the_learner_is_told_a_text_again_that_comes_back_after_it_was_dropped(long):
    assert told(long[1]).count("item 1") == 2
