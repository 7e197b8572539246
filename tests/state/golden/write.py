"""`python -m state.golden.write BUILD` (PYTHONPATH=tests:.): the state of this checkout's worker."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from chaos.push_service import PushService
from chaos.stream import BEGIN_MS, ITEMS, USERS, Record, catalogue, shop_events
from state.golden import HERE, Golden, save
from support.shop import Shop

from schemas.state import ROW_VERSION
from schemas.tables import SourceRecord
from streams.engine.topics import CHANGELOG
from streams.operate.broker.broker import Broker
from streams.operate.tools.reading import read_all

INPUTS = (
    "clicks",
    "purchases",
    "context",
    "profiles",
    "push-receipts",
    "social",
    "ticks",
    "catalog",
)
SETTINGS: dict[str, Any] = {
    "partitions": 2, "consent_default": "granted", "batch_records": 300, "social": "on",
    "quiet_start": "00:00", "quiet_end": "00:00", "epoch_ms": 6 * 3_600_000,
    "zero_price": "price",
}  # fmt: skip
FIRST, SECOND, LATER = 500, 400, 300
"""Events before the push service answers, after it, and after the worker has ended."""


def main(build: str) -> None:
    """Let a worker read a shop's events, and keep what it wrote."""
    with TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "broker")
        shop = Shop(broker.start(), f"golden-{ROW_VERSION}", Path(folder), **SETTINGS)
        try:
            _write(shop, build)
        finally:
            shop.stack.close()
            broker.reset()


def _write(shop: Shop, build: str) -> None:
    events = shop_events("golden")
    worker = shop.worker("first")
    sent = 0
    first = list(islice(events, FIRST))
    for records in (_profiles(), iter(first)):
        sent += _send(shop, records, sent)
    sent += _send(shop, _receipts(shop, first[-1].timestamp_ms), sent)
    _send(shop, islice(events, SECOND), sent)
    assert worker.stop() == 0
    later = [_source(record) for record in islice(events, LATER)]
    own = {name: getattr(shop.settings, name) for name in ("secret", "app_id", "topic_prefix")}
    told = Golden(build, ROW_VERSION, SETTINGS | own, _inputs(shop), _changelog(shop), later)
    save(told, HERE / f"rows-{ROW_VERSION}.msgpack.zst")


def _send(shop: Shop, records: Iterator[Record], before: int) -> int:
    """Send records and wait until they are committed; return how many a partition reads."""
    batch = [_source(record) for record in records]
    shop.send(batch)
    count = sum(record.topic != "catalog" for record in batch)
    shop.wait(lambda: _read(shop) >= before + count, "everything is read", 60)
    return count


def _read(shop: Shop) -> int:
    """How many records the state contains, ticks apart."""
    markers = shop.changelog()[0].markers.values()
    return sum(n for m in markers for topic, n in m.next_offsets.items() if "ticks" not in topic)


def _profiles() -> Iterator[Record]:
    yield from catalogue()
    for number in range(USERS):
        user = f"user-{number}"
        profile = {"user_id": user, "ts": BEGIN_MS, "interests": ["garden"], "segments": ["gold"]}
        friends = {
            "user_id": user, "ts": BEGIN_MS, "friends": [f"user-{(number + 1) % USERS}"],
            "shares_purchases": number % 2 == 0,
        }  # fmt: skip
        for topic, value in (("profiles", profile), ("social", friends)):
            yield Record(topic, user.encode(), json.dumps(value).encode(), BEGIN_MS)


def _receipts(shop: Shop, now_ms: int) -> Iterator[Record]:
    service = PushService("", "", "golden")
    pushes = shop.values("recommendations")
    assert len(pushes) > ITEMS
    for push in pushes:
        yield from service.fate(push, now_ms)


def _inputs(shop: Shop) -> list[SourceRecord]:
    return [
        SourceRecord(topic, r.partition, r.offset, r.timestamp, r.key, r.value)
        for topic in INPUTS
        for r in asyncio.run(read_all(shop.settings, topic))
    ]


def _changelog(shop: Shop) -> list[tuple[int, bytes, bytes | None]]:
    plain = msgspec.structs.replace(shop.settings, topic_prefix="")
    records = asyncio.run(read_all(plain, f"{shop.settings.app_id}-{CHANGELOG}"))
    return [(r.partition, r.key, r.value) for r in records]


def _source(record: Record) -> SourceRecord:
    return SourceRecord(record.topic, 0, 0, record.timestamp_ms, record.key, record.value)


if __name__ == "__main__":
    main(sys.argv[1])
