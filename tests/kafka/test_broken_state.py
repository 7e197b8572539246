"""A worker whose local state was damaged loses nothing and doubles nothing: the log has it all."""

from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path

import pytest
from support.data import DESKDROP
from support.replayed import facts_of_replay

from streams.engine.database import BROKEN
from streams.offline.sources import open_source
from streams.operate.demo.worker import Worker, WorkerError

pytestmark = pytest.mark.kafka

RECORDS = 3_000


def databases(home: Path) -> list[Path]:
    return sorted(home.rglob("state-*.db"))


def test_state_broken_between_two_starts_is_set_aside_and_made_anew(deployment) -> None:
    deployment.produce(3_000)
    first = deployment.start()
    deployment.wait_for_outputs(3_000)
    deployment.stop(first)
    lost, cut, emptied, filed = databases(deployment.folder / "a")
    (lost / "CURRENT").unlink()
    tables = min(cut.glob("*.sst"))
    tables.write_bytes(tables.read_bytes()[:-100])
    next(emptied.glob("MANIFEST-*")).write_bytes(b"")
    shutil.rmtree(filed)
    filed.write_bytes(b"no folder")
    deployment.produce(3_000)
    second = deployment.start()
    deployment.wait_for_outputs(6_000)
    assert second.poll() is None, deployment.tail()
    deployment.assert_exact()
    assert deployment.log().read_text().count("Local state cannot be read") >= 3
    assert len(list(filed.parent.glob("*" + BROKEN))) == 1


def test_a_worker_that_meets_a_broken_block_ends_and_the_next_one_goes_on(shop) -> None:
    it = shop(consent_default="granted", session_timeout_ms=3_000, partitions=2)
    log = list(islice(open_source("deskdrop", DESKDROP), RECORDS))
    events = sum(record.topic != "catalog" for record in log)
    it.send(log[: RECORDS // 2])
    first = it.worker("first")
    sent = sum(record.topic != "catalog" for record in log[: RECORDS // 2])
    it.wait(lambda: it.consumed() >= sent, "the first half")
    assert first.stop() == 0
    for database in databases(it.folder / "first"):
        break_in_the_middle(max(database.glob("*.sst"), key=lambda file: file.stat().st_size))
    it.send(log[RECORDS // 2 :])
    ends = 0
    worker = it.worker("first")  # it opens: what it looks at is sound
    while it.consumed() < events:
        if has_ended(worker):
            assert "Local state cannot be read (Corruption: " in worker.log.read_text()
            ends, worker = ends + 1, it.worker("first")
            assert ends <= it.settings.partitions, "each end mends one partition for good"
    assert ends
    assert it.facts() == facts_of_replay(it.settings, log)
    decisions = [each["decision_id"] for each in it.values("decisions")]
    assert len(decisions) == len(set(decisions))


def has_ended(worker: Worker) -> bool:
    try:
        worker.check()
    except WorkerError:
        return True
    return False


def break_in_the_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for place in range(len(content) // 3, len(content) // 3 * 2, 200):
        content[place] ^= 0xFF
    file.write_bytes(content)
