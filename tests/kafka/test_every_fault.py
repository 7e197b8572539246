"""Two workers on a real Kafka, a fault at every stage: none ends for good, nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from support.injector import MARK, RAISING, STAGES
from support.records import Log, at
from support.supervised import supervised

from schemas.tables import SourceRecord
from streams.operate.tools.reading import read_all

pytestmark = pytest.mark.kafka

HERE = Path(__file__).parent
T0_MS = at("2026-03-20T10:00:00+00:00")
SECOND_MS, MINUTE_MS = 1_000, 60_000
USERS = [f"user-{n}" for n in range(40)]
SETTINGS = {
    "consent_default": "granted", "repeat_item_views": 2, "quiet_start": "00:00", "quiet_end": "00:00",
    "cap_per_day": 50, "min_gap_ms": 0, "epoch_ms": 10 * MINUTE_MS,
}  # fmt: skip
DIES = {"accept": "segfault", "experts": "memory", "publish": "hang"}
"""Stage -> how the process ends there: of native code, by the kernel, by the watchdog."""


def visit(log: Log, user: str, item: str, start_ms: int, mark: int = 0) -> None:
    """Views that ask for a decision, the second at fault if marked; a cart whose timer asks for one."""
    for step, event in enumerate(("view", "view", "cart")):
        ts_ms = start_ms + step * SECOND_MS + (mark if step == 1 else 0)
        log.click(user, event, item, ts_ms, event_id=f"{user}/{start_ms}/{step}")


def crowd(log: Log, start_ms: int) -> None:
    for n, user in enumerate(USERS):
        visit(log, user, f"item-{n % 5}", start_ms + n * 10 * SECOND_MS)


def marked(names: list[str]) -> list[SourceRecord]:
    """Two hours of a crowd in which each of the culprits appears; time passes for all of them."""
    log = Log()
    for hour in range(3):
        crowd(log, T0_MS + hour * 60 * MINUTE_MS)
    for n, name in enumerate(names):
        item = name if name.endswith("-row") else "item-1"
        visit(log, name, item, T0_MS + (10 + n) * MINUTE_MS, MARK)
    return sorted(log.records, key=lambda record: record.timestamp_ms)


def ids(records: list[SourceRecord]) -> Counter[str]:
    return Counter(json.loads(record.value or b"{}")["event_id"] for record in records)


def check(it, sent: list[SourceRecord]) -> Counter[str]:
    """Law 4 holds, no decision is there twice, all but the culprits' records were accepted."""
    counts = Counter(it.changelog()[0].counts())
    letters = asyncio.run(read_all(it.settings, "dead-letters"))
    assert counts["consumed"] == len(sent)
    assert counts["accepted"] + counts["dead_letters"] == counts["consumed"]
    assert counts["dead_letters"] + counts["other_dead_letters"] == len(letters)
    assert counts["decided"] == counts["recommended"] + counts["suppressed"]
    decisions = Counter(d["decision_id"] for d in it.values("decisions"))
    assert set(decisions.values()) == {1}
    assert len(decisions) == counts["decided"]
    assert {key for key in map(key_of, letters) if key.partition("-")[0] not in STAGES} == set()
    return counts


def key_of(letter) -> str:
    return (letter.key or b"").decode()


def test_what_raises_at_any_stage_ends_no_process(shop):
    it = shop(**SETTINGS)
    sent = marked([f"{stage}-{kind}" for stage in STAGES for kind in RAISING if kind != "epoch"])
    with supervised(it, "faulty_app", HERE, "a", "b") as workers:
        it.send(sent)
        it.wait(lambda: it.consumed() == len(sent), "the batch", 120)
        more = Log()
        for hour in range(3, 6):
            crowd(more, T0_MS + hour * 60 * MINUTE_MS)
        it.send(more.records)
        it.wait(lambda: it.consumed() == len(sent) + len(more.records), "what follows", 60)
        assert [worker.deaths for worker in workers] == [[], []]
    counts = check(it, [*sent, *more.records])
    assert counts["suppressed.internal_error"] > 0
    assert counts["epochs_left"] > 0, "each epoch is at fault somewhere"


def test_what_ends_the_process_is_set_aside_alone(shop):
    it = shop(**{**SETTINGS, "epoch_ms": 24 * 60 * MINUTE_MS})
    names = [f"{stage}-{kind}" for stage, kind in DIES.items()]
    sent = marked(names)
    with supervised(it, "faulty_app", HERE, "a", "b", FAULTY_HANGS_S="8") as workers:
        it.send(sent)
        it.wait(lambda: it.consumed() == len(sent), "the batch", 240)
        assert sum(len(worker.deaths) for worker in workers) >= len(names)
    check(it, sent)
    letters = asyncio.run(read_all(it.settings, "dead-letters"))
    assert sorted(map(key_of, letters)) == sorted(names)
    assert {dict(letter.headers)["kairos-reason"] for letter in letters} == {b"internal_error"}
