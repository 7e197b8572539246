"""Two workers on a real Kafka meet what makes the path raise: neither ends, nothing else is lost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from support.records import Log, at
from support.shop import Shop

from streams.offline.replay import partition_of
from streams.operate.demo.run import given
from streams.operate.tools.reading import read_all
from streams.settings import PREFIX

pytestmark = pytest.mark.kafka

T0_MS = at("2026-03-20T10:00:00+00:00")
HERE = Path(__file__).parent
USERS = [f"user-{n}" for n in range(40)]
STAGES = {
    "reading": "streams.pipeline.accept.accept:decode",
    "aggregating": "streams.pipeline.pipeline:deduplicate",
    "deciding": "streams.pipeline.pipeline:score",
}


@contextmanager
def worker(shop: Shop, home: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    settings = msgspec.structs.replace(shop.settings, data_dir=str(shop.folder / home))
    own = {PREFIX + name.upper(): str(value) for name, value in given(settings).items()}
    path = os.pathsep.join((str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, "-m", "faust", "-A", "poisoned_app", "worker", "-l", "info"]
    log = shop.folder / f"{home}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **own, **environment, "PYTHONPATH": path},
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        shop.wait(lambda: b"Ready" in log.read_bytes(), f"{home} is ready", 60)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def events(log: Log, users: list[str], first: int, count: int) -> list:
    for n in range(first, first + count):
        log.click(
            users[n % len(users)], "view", f"item-{n % 3}", T0_MS + n * 1_000, event_id=f"e{n}"
        )
    found, log.records = log.records, []
    return found


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_one_poisoned_record_ends_no_worker_and_400_further_events_are_processed(shop, stage):
    it = shop(
        consent_default="granted", repeat_item_views=2, quiet_start="00:00", quiet_end="00:00"
    )
    with worker(it, "a", POISON_STAGE=stage) as one, worker(it, "b", POISON_STAGE=stage) as two:
        log = Log()
        for n in range(4):
            log.click("venom", "view", "kettle", T0_MS + n, event_id=f"venom-{n}")
        it.send([*log.records, *events(Log(), USERS, 0, 100)])
        it.wait(lambda: it.consumed() == 104, "the poisoned batch", 60)
        it.send(events(Log(), USERS, 100, 400))
        it.wait(lambda: it.consumed() == 504, "400 further events", 60)
        assert (one.poll(), two.poll()) == (None, None)
    counts = it.changelog()[0].counts()
    letters = [dict(r.headers) for r in asyncio.run(read_all(it.settings, "dead-letters"))]
    dead = 0 if stage == STAGES["deciding"] else 4
    assert [letter["kairos-reason"] for letter in letters] == [b"internal_error"] * dead
    assert (counts["accepted"], counts["dead_letters"]) == (504 - dead, dead)
    assert counts["suppressed.internal_error"] == (0 if dead else 1)
    assert counts["decided"] == counts["recommended"] + counts["suppressed"]
    assert b"venom" not in (it.folder / "a.log").read_bytes() + (it.folder / "b.log").read_bytes()


def test_a_full_disk_pauses_its_partition_alone_and_sets_nothing_aside(shop, tmp_path):
    it, disk = shop(consent_default="granted"), tmp_path / "full"
    disk.touch()
    by_partition: dict[int, list[str]] = {}
    for user in USERS:
        by_partition.setdefault(partition_of(user.encode(), it.settings.partitions), []).append(
            user
        )
    others = [user for number, users in by_partition.items() if number for user in users]
    with worker(it, "a", POISON_DISK=str(disk)) as process:
        it.send([*events(Log(), by_partition[0], 0, 50), *events(Log(), others, 50, 200)])
        it.wait(lambda: it.consumed() == 200, "the other partitions", 60)
        assert process.poll() is None
        disk.unlink()
        it.wait(lambda: it.consumed() == 250, "the partition that paused", 60)
        assert process.poll() is None
    counts = it.changelog()[0].counts()
    assert (counts["accepted"], counts["dead_letters"]) == (250, 0)
    log = (it.folder / "a.log").read_text()
    assert log.count("Partition 0 pauses") == 1
    assert "OSError" in log
