"""Stored bytes per user after a whole log: a row in RAM, RocksDB and changelog, both compacted."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import rocksdict
from aiokafka import AIOKafkaProducer
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from benchmarks.job.stand import Deployment, Stand, StandError, say
from benchmarks.runs import RUNS, medians
from schemas.state import HEAD, JOURNALS
from streams.engine.rocks import Rocks
from streams.operate.commands.log_options import open_log
from streams.pipeline.aggregate import unpack_rows
from streams.state.event_codec import COUNTED_AS, STORED
from streams.state.store import NAMES, USER

COMPACTED = {
    "cleanup.policy": "compact",  # all of a topic's settings are given anew
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.001",
    "delete.retention.ms": "0",
}
MEMORY_BYTES = 16 << 20
STABLE_S, LIMIT_S = 70.0, 600.0
"""The log's cleaner looks every 15 s, and a deleted segment's file goes after 60 s: a size that
holds for longer is what it leaves."""


def sizes(stand: Stand) -> dict[str, Any]:
    """The Taobao log through a real worker; every user, the dictionary and the timers included.

    The runs one after the other; then their changelogs wait for the broker's cleaner together.
    """
    with ExitStack() as open_:
        runs = [
            open_.enter_context(stand.deployment(f"sizes-{number}", consent_default="granted"))
            for number in range(RUNS)
        ]
        found = [_local(made) for made in runs]
        changelogs = asyncio.run(_all_compacted(runs, stand.data))
    for figures, changelog in zip(found, changelogs, strict=True):
        figures["changelog_bytes_per_user"] = changelog / figures["users"]
    return medians(found)


def _local(made: Deployment) -> dict[str, float]:
    """Work off the log; return the bytes in RAM and in RocksDB."""
    records = list(open_log("taobao", None))
    made.feed(records)
    asyncio.run(_drain(made))
    rows = list(_rows(made.folder / "first"))
    users = [row for key, row in rows if key.startswith(USER)]
    names = sum(len(key) + len(row) for key, row in rows if key.startswith(NAMES))
    return {
        "events": sum(record.topic != "catalog" for record in records),
        "users": len(users),
        "row_bytes_per_user": statistics.fmean(map(len, users)),
        "row_bytes_p99": statistics.quantiles(map(len, users), n=100)[98],
        "rocksdb_bytes_per_user": _on_disk(made.folder / "first") / len(users),
        "dictionary_bytes_per_user": names / len(users),
        **_sections(users),
    }


async def _drain(made: Deployment) -> None:
    async with made.progress() as progress:
        with made.worker() as worker:
            await progress.wait(await progress.produced(), worker)
            worker.stop()


def _databases(home: Path) -> list[Path]:
    return sorted(path.parent for path in home.rglob("CURRENT"))


def _rows(home: Path) -> Iterator[tuple[bytes, bytes]]:
    """Compact every partition's RocksDB, as a worker has it opened, and yield its rows."""
    force = rocksdict.CompactOptions()
    force.set_bottommost_level_compaction(rocksdict.BottommostLevelCompaction.force())
    for path in _databases(home):
        database = Rocks(MEMORY_BYTES).open(path)
        database.flush()
        database.compact_range(None, None, force)
        yield from database.items()
        database.close()


def _on_disk(home: Path) -> int:
    return sum(file.stat().st_size for path in _databases(home) for file in path.glob("*.sst"))


def _sections(rows: list[bytes]) -> dict[str, float]:
    """Mean bytes of each section of a row."""
    state = unpack_rows([b""] * len(rows), rows)
    sections = {**STORED, **JOURNALS}
    return {
        "head_bytes": HEAD.itemsize,
        "sealed_bytes": statistics.fmean(map(len, state.sealed)),
    } | {
        f"{name}_bytes": dtype.itemsize
        * float(getattr(state, COUNTED_AS.get(name, name)).lengths.mean())
        for name, dtype in sections.items()
    }


async def _all_compacted(runs: list[Deployment], data: Path) -> list[int]:
    return await asyncio.gather(*(_compacted(made, data) for made in runs))


async def _compacted(made: Deployment, data: Path) -> int:
    """Let the broker compact the changelog; return the bytes of its closed segments."""
    async with made.admin() as admin:
        resource = ConfigResource(ConfigResourceType.TOPIC, made.changelog, COMPACTED)
        await admin.alter_configs([resource])
    before = _segments(made, data)
    await asyncio.sleep(2)
    await _roll(made)
    size, since_s = before, time.monotonic()
    began_s = since_s
    while time.monotonic() - since_s < STABLE_S or size >= before:
        if time.monotonic() - began_s > LIMIT_S:
            raise StandError(f"the changelog is not compacted after {LIMIT_S:.0f} s")
        await asyncio.sleep(1)
        if (now := _segments(made, data)) != size:
            size, since_s = now, time.monotonic()
    say(f"changelog: {before:,} bytes, compacted {size:,}")
    return size


def _segments(made: Deployment, data: Path) -> int:
    found = 0
    for file in data.glob(f"{made.changelog}-*/*.log"):
        with suppress(FileNotFoundError):  # the cleaner renames what it has rewritten
            found += file.stat().st_size
    return found


async def _roll(made: Deployment) -> None:
    """Begin a new segment in every partition: the newest one is never compacted."""
    producer = AIOKafkaProducer(bootstrap_servers=made.settings.broker)
    await producer.start()
    for partition in range(made.settings.partitions):
        await producer.send_and_wait(made.changelog, b"", b"\x00roll", partition=partition)
    await producer.stop()
