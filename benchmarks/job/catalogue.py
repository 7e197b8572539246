"""A million items: from their topic into a worker, and what a look-up costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from benchmarks.job.stand import Deployment, Stand, say
from benchmarks.runs import middle, repeated
from schemas.ids import hash64
from schemas.tables import SourceRecord
from streams.knowledge.catalogue import Catalogue

ITEMS = 1_000_000
ASKED, TIMES = 1_000, 200
_START_MS = 1_774_000_000_000
_CITIES = ((52.52, 13.405), (48.137, 11.575), (53.551, 9.994), (50.938, 6.96))
_encode = msgspec.json.encode


def catalogue(stand: Stand) -> dict[str, Any]:
    """Time, processor time and memory of a worker with and without the items; look-ups in process."""
    return repeated(lambda number: _run(stand, f"catalogue-{number}"))


def _run(stand: Stand, name: str) -> dict[str, float]:
    empty = _worker(stand, f"{name}-empty", 0)
    full = _worker(stand, f"{name}-full", ITEMS)
    return {
        "items": ITEMS,
        "json_bytes_an_item": int(middle([len(r.value or b"") for r in items(1_000)])),
        "load_wall_s": full["wall_s"] - empty["wall_s"],
        "load_cpu_s": full["cpu_s"] - empty["cpu_s"],
        "worker_peak_rss_mb": full["peak_rss_mb"],
        "empty_worker_peak_rss_mb": empty["peak_rss_mb"],
        "memory_bytes_an_item": (full["peak_rss_mb"] - empty["peak_rss_mb"]) * 1e6 / ITEMS,
        **lookups(),
    }


def _worker(stand: Stand, name: str, count: int) -> dict[str, float]:
    """A worker decides nothing before it has the catalogue: one click tells when that is."""
    with stand.deployment(name, partitions=1) as made:
        made.feed(items(count))
        made.feed([_click()])
        say(f"{name}: {count:,} items in the topic")
        return asyncio.run(_costs(made))


async def _costs(made: Deployment) -> dict[str, float]:
    async with made.progress() as progress:
        with made.worker() as worker:
            done_s = await progress.wait(1, worker)
            return {
                "wall_s": done_s - worker.began_s,
                "cpu_s": worker.cpu_s(),
                "peak_rss_mb": worker.peak_rss_mb(),
            }


def lookups() -> dict[str, float]:
    """Microseconds an item for attributes of many items at once, and for one item's record."""
    made = Catalogue()
    for record in items(ITEMS):
        if fault := made.apply(record.key, record.value, record.timestamp_ms):
            raise ValueError(fault)
    rng = np.random.default_rng(1)
    hashes = np.array([hash64(f"item-{i}") for i in rng.integers(0, ITEMS, ASKED)], np.uint64)
    columns, records = [], []
    for _ in range(TIMES):
        began_s = time.perf_counter()
        made.attributes(hashes, _START_MS)
        columns.append(time.perf_counter() - began_s)
    for number in hashes.tolist():
        began_s = time.perf_counter()
        made.item(number, _START_MS)
        records.append(time.perf_counter() - began_s)
    return {
        "attributes_us_an_item": middle(columns) / ASKED * 1e6,
        "record_us_an_item": middle(records) * 1e6,
    }


def items(count: int) -> Iterator[SourceRecord]:
    """Items as a shop tells them: price, stock, seller, one of a few sets of shops."""
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 10_000, (count, 6)).tolist()
    for number, (price, weight, rating, stock, category, city) in enumerate(numbers):
        name, (lat, lon) = f"item-{number}", _CITIES[city % len(_CITIES)]
        told = {
            "item_id": name, "ts": _START_MS, "category_id": f"category-{category % 2_000}",
            "title": f"A thing for the house, number {number}", "price_minor": 100 + price,
            "currency": "EUR", "stock_by_warehouse": {"DE-1": stock % 9, "PL-1": stock % 5},
            "created_ts": _START_MS - number, "brand": f"brand-{category % 300}",
            "seller_rating": 2.5 + rating / 4_000, "weight_g": 1.0 + weight,
            "stores": [{"lat": lat, "lon": lon, "hours": "Mo-Sa 09:00-18:00"}],
        }  # fmt: skip
        yield SourceRecord("catalog", 0, number, _START_MS, name.encode(), _encode(told))


def _click() -> SourceRecord:
    told = {"event_id": "e", "user_id": "u", "event": "view", "ts": _START_MS, "item_id": "item-1"}
    return SourceRecord("clicks", 0, 0, _START_MS, b"u", _encode(told))
