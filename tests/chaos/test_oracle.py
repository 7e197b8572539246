"""The oracle shares no code with what it judges, finds nothing wrong where nothing is, and else does."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import pytest
from chaos import hostile
from chaos.oracle import policy, shop
from chaos.oracle.log import Entry
from chaos.oracle.row import FACTS, HEAD
from chaos.oracle.verdict import Verdict
from chaos.push_service import PushService
from chaos.stream import Record, shop_events

from schemas.tables import SourceRecord
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings
from streams.state.store import MemoryStore

ORACLE = sorted((Path(__file__).parent / "oracle").glob("*.py"))
EVENTS, BATCH = 1_500, 100
PREFIX, CHANGELOG, SECRET = "chaos.", "chaos-state-changelog", "chaos"
PUSHES = f"{PREFIX}recommendations"
Topics = dict[str, list[Entry]]


@pytest.mark.parametrize("path", ORACLE, ids=lambda path: path.stem)
def test_the_oracle_shares_no_code_with_what_it_judges(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module)
    foreign = {"streams", "models", "schemas", "support", "faust", "mode"}
    assert {name.split(".")[0] for name in names} & foreign == set()
    assert all(name.startswith("chaos.oracle") for name in names if name.startswith("chaos"))


@pytest.fixture(scope="module")
def topics() -> Topics:
    """All topics of a deployment with one partition, after 1,500 events in batches of 100."""
    settings = Settings(topic_prefix=PREFIX, secret=SECRET)
    pipeline = Pipeline(settings, Vault(SECRET.encode(), settings.tenant))
    names = (*shop.TOPICS, shop.PROFILES, shop.RECEIPTS, *shop.OUTPUTS, "signals")
    found: Topics = {PREFIX + name: [] for name in names} | {CHANGELOG: []}
    offsets: dict[str, count[int]] = defaultdict(count)

    def append(topic, key, value, timestamp_ms=0, headers=()):
        entry = Entry(topic, 0, next(offsets[topic]), timestamp_ms, key, value, dict(headers))
        found[topic].append(entry)
        return entry

    store, service, receipts = MemoryStore(), PushService("", "", "oracle"), []
    events = _with_hostile(shop_events("oracle"))
    for _ in range(EVENTS // BATCH):
        batch = []
        for record in [*islice(events, BATCH), *receipts]:
            entry = append(PREFIX + record.topic, record.key, record.value, record.timestamp_ms)
            place = (entry.topic, 0, entry.offset, entry.timestamp_ms)
            batch.append(SourceRecord(*place, entry.key, entry.value))
        effects, receipts = pipeline.process(0, store, batch), []
        store.apply(effects.rows)
        for out in effects.outputs:
            append(PREFIX + out.topic, out.key, out.value, headers=out.headers)
            if out.topic == "recommendations":
                receipts += service.fate(json.loads(out.value), batch[-1].timestamp_ms)
        for key, value in effects.rows.items():
            append(CHANGELOG, key, value)
    return found


def _with_hostile(events: Iterator[Record]) -> Iterator[Record]:
    """Hostile records among the events, at half the way."""
    for record in islice(events, EVENTS // 2):
        yield record
    for make in (hostile.hexadecimal_segment, hostile.large_orders, hostile.large_dead_letter):
        yield from make(record.timestamp_ms)
    yield from events


def judge(topics: Topics) -> Verdict:
    return shop.judge(topics, CHANGELOG, PREFIX, SECRET)


def test_an_undisturbed_run_is_clean(topics):
    verdict = judge(topics)
    assert verdict.is_clean, verdict
    assert verdict.events == EVENTS - len(topics[PREFIX + shop.PROFILES])
    assert min(verdict.decisions, verdict.recommendations) > 50
    for name in ("late", "dead-letters", "suppressions", shop.RECEIPTS):
        assert topics[PREFIX + name], name
    told = {json.loads(entry.value)["status"] for entry in topics[PREFIX + shop.RECEIPTS]}
    assert {"sent", "failed", "opted_out"} <= told
    assert any(json.loads(e.value)["action"] == "cancel" for e in topics[PUSHES])


def without_last(entries: list[Entry]) -> list[Entry]:
    """A cancel stays: one that is missing is a difference of the state."""
    last = max(n for n, entry in enumerate(entries) if b'"action":"cancel"' not in entry.value)
    return entries[:last] + entries[last + 1 :]


def with_last_twice(entries: list[Entry]) -> list[Entry]:
    return [*entries, replace(entries[-1], offset=entries[-1].offset + 1)]


@pytest.mark.parametrize("topic", [*shop.OUTPUTS, "signals"])
@pytest.mark.parametrize("change", [without_last, with_last_twice])
def test_an_output_too_few_or_too_many_is_found(topics, topic, change):
    name = PREFIX + topic
    verdict = judge(topics | {name: change(topics[name])})
    assert (verdict.lost > 0, verdict.duplicated > 0) == (
        (True, False) if change is without_last else (False, True)
    )


@pytest.mark.slow
@pytest.mark.parametrize("topic", shop.TOPICS)
def test_an_event_of_which_nothing_was_kept_is_found(topics, topic):
    name, good = PREFIX + topic, topics[PREFIX + topic][0]
    value = json.dumps(json.loads(good.value) | {"event_id": "nobody saw it"}).encode()
    extra = replace(good, offset=topics[name][-1].offset + 1, value=value)
    verdict = judge(topics | {name: [*topics[name], extra]})
    assert verdict.lost > 0
    assert verdict.duplicated == 0
    assert verdict.state_differences > 0
    assert verdict.law4_differences == 2, "consumed and accepted"


def _of_rows(topics: Topics, change: Callable[[bytes], bytes]) -> Topics:
    """The changelog with one user's last row changed."""
    entries = list(topics[CHANGELOG])
    at = max(i for i, entry in enumerate(entries) if entry.key.startswith(b"U"))
    entries[at] = replace(entries[at], value=change(entries[at].value))
    return topics | {CHANGELOG: entries}


def _counted_twice(row: bytes) -> bytes:
    head = list(HEAD.unpack_from(row))
    head[3] += 1
    return HEAD.pack(*head) + row[HEAD.size :]


def test_an_event_counted_twice_in_a_row_is_found(topics):
    verdict = judge(_of_rows(topics, _counted_twice))
    assert (verdict.lost, verdict.duplicated) == (0, 1)


def test_a_changed_byte_of_the_facts_is_found(topics):
    def change(row: bytes) -> bytes:
        sealed, counts = HEAD.unpack_from(row)[2], 4 * len(FACTS)
        at = HEAD.size + counts + sealed + 4  # the count of the first tile
        return row[:at] + bytes([row[at] ^ 1]) + row[at + 1 :]

    verdict = judge(_of_rows(topics, change))
    assert verdict.state_differences == 1


def test_an_older_marker_is_found(topics):
    entries = topics[CHANGELOG]
    markers = [entry for entry in entries if entry.key == b"M"]
    stale = replace(markers[-2], offset=entries[-1].offset + 1)
    assert judge(topics | {CHANGELOG: [*entries, stale]}).law4_differences > 0


def test_a_receipt_that_the_journal_does_not_know_is_found(topics):
    name = PREFIX + shop.RECEIPTS
    last = [e for e in topics[name] if json.loads(e.value)["status"] == "sent"][-1]
    value = json.dumps(json.loads(last.value) | {"status": "failed"}).encode()
    verdict = judge(topics | {name: [*topics[name], replace(last, offset=10_000, value=value)]})
    assert verdict.state_differences == 1
    assert verdict.law4_differences == 1


def test_a_profile_that_was_forgotten_is_found(topics):
    told = topics[PREFIX + shop.PROFILES]
    lacking = judge(topics | {PREFIX + shop.PROFILES: without_last(told)})
    assert (len(told), lacking.state_differences) == (1, 1)


def test_a_timer_that_was_forgotten_is_found(topics):
    entries = topics[CHANGELOG]
    armed = [e for e in entries if e.key.startswith(b"T") and e.value is not None]
    gone = replace(armed[-1], value=None, offset=entries[-1].offset + 1)
    assert judge(topics | {CHANGELOG: [*entries, gone]}).state_differences == 1


BROKEN_RULES = {
    "in the night": {"send_after": "2026-03-28T23:30:00.000Z", "expires_at": "2026-03-29T12:00:00.000Z"},
    "backwards": {"expires_at": "2020-01-01T12:00:00.000Z"},
    "before it was made": {"send_after": "2026-03-01T12:00:00.000Z"},
    "before consent was read": {"source_offsets": {}},
}  # fmt: skip


@pytest.mark.parametrize("change", BROKEN_RULES.values(), ids=BROKEN_RULES)
def test_a_push_that_was_not_allowed_is_found(topics, change):
    entries = list(topics[PUSHES])
    at = next(i for i, e in enumerate(entries) if json.loads(e.value)["action"] == "upsert")
    value = json.dumps(json.loads(entries[at].value) | change).encode()
    entries[at] = replace(entries[at], value=value)
    assert judge(topics | {PUSHES: entries}).policy_violations > 0


def test_pushes_too_close_and_too_many_are_found(topics):
    first = next(e for e in topics[PUSHES] if json.loads(e.value)["action"] == "upsert")
    push = json.loads(first.value)
    again = [
        replace(first, offset=n, value=json.dumps(push | {"recommendation_id": f"r{n}"}).encode())
        for n in range(4)
    ]
    verdict = judge(topics | {PUSHES: again})
    assert verdict.policy_violations == 4, "three without distance, and one above the cap"
    assert any("cap" in note for note in verdict.notes)


def test_a_push_is_too_many_where_it_makes_a_day_too_full_and_not_beside_a_day_that_was():
    hour_ms = 3_600_000
    crowd = [n * hour_ms for n in (0, 1, 2, 3)]
    assert policy.is_crowded(crowd, 4 * hour_ms)
    assert policy.is_crowded(crowd[:3], 24 * hour_ms - 1)
    assert not policy.is_crowded(crowd[:3], 24 * hour_ms)
    assert not policy.is_crowded(crowd, 27 * hour_ms)
