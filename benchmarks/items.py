"""What it costs to find and rank items: `python -m benchmarks.items` writes its section of RESULTS.md.

Candidates, light pass, features, experts and fusion for batches of 256 of 1,000 users with 100
candidates and 48 events each, all item tables and 200,000 sessions, on the reference bundle's graphs;
and item tables of a million
items: size, time to open, resident memory after, time of a look-up.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil

from benchmarks.results import keep
from benchmarks.runs import repeated
from models.bundle import Bundle, reference_path
from models.bundle.sessions import HELD, LED
from models.bundle.tables import ItemTables, columns_of, packed
from schemas.globals import Epoch
from schemas.state import EVENT, Ragged, UserState
from schemas.tables import DueUsers
from schemas.vocabulary import EventType, Standing, TriggerKind
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import EpochView, Shared
from streams.pipeline.candidates import gather
from streams.pipeline.experts import score
from streams.pipeline.fusion import fuse
from streams.settings import Settings

TITLE = "Items: candidates and ranking"
USERS, BATCH, EVENTS, ITEMS, SIMILAR = 1_000, 256, 48, 50_000, 20
NOW_MS = 1_774_734_600_000
SETTINGS = Settings(candidates_per_source=40)
LARGE = 1_000_000
TABLES = ("ease", "followers", "content")
SESSIONS = 200_000


def users(rng: np.random.Generator, count: int) -> DueUsers:
    """Users with `EVENTS` events each over the last month, most of them looks."""
    state = UserState.fresh([n.to_bytes(16, "little") for n in range(count)])
    rows = np.zeros(count * EVENTS, EVENT)
    age_ms = np.sort(rng.random((count, EVENTS)) ** 3, axis=1)[:, ::-1] * 30 * 86_400_000
    rows["ts_ms"] = NOW_MS - age_ms.astype(np.int64).ravel()
    rows["event"] = np.arange(1, len(rows) + 1)
    rows["item"] = items_of(rng.integers(0, ITEMS, len(rows)))
    rows["category"] = rows["item"] % np.uint64(97) + np.uint64(1)
    rows["quantity"] = 1
    rows["type"] = rng.choice(
        [EventType.VIEW, EventType.CART, EventType.FAV], len(rows), p=(0.9, 0.05, 0.05)
    )
    state.events = Ragged.group(count, np.repeat(np.arange(count), EVENTS), rows)
    nothing, never = np.zeros(count, np.uint64), np.full(count, -1)
    kind = np.full(count, TriggerKind.REPEAT_ITEM, np.uint8)
    now_ms = np.full(count, NOW_MS)
    stands = np.full(count, Standing.STANDS, np.uint8)
    return DueUsers(
        state, kind, nothing, nothing, nothing, never, now_ms, never + 1, now_ms, stands
    )


def items_of(places: np.ndarray) -> np.ndarray:
    """Hashes of numbered items: ordered as their numbers."""
    return (places.astype(np.uint64) + np.uint64(1)) * np.uint64(1 << 40)


def knowledge(rng: np.random.Generator) -> Shared:
    """Neighbours of 12,000 items and tables of all."""
    names = items_of(np.arange(ITEMS))
    score = np.linspace(0.9, 0.1, SIMILAR, dtype="<f4").tobytes()
    near = {
        int(names[n]): (names[rng.integers(0, ITEMS, SIMILAR)].tobytes(), score)
        for n in range(12_000)
    }
    lists = {
        int(c): (names[rng.integers(0, ITEMS, SIMILAR)].tobytes(), score) for c in range(1, 98)
    }
    top = (names[:200].tobytes(), np.linspace(1, 0.1, 200, dtype="<f4").tobytes())
    epoch = Epoch(number=1, holds_from_ms=0, neighbours=near, category_trending=lists, trending=top)
    tables = packed(names, {name: columns(rng, ITEMS) for name in TABLES} | sessions(rng))
    return Shared(EpochView.decode(epoch), Catalogue(), ItemTables.of(columns_of(tables)))


def sessions(rng: np.random.Generator) -> dict[str, tuple[Any, Any, Any]]:
    """Sessions of five items each."""
    item = np.sort(rng.integers(0, ITEMS, (SESSIONS, 5)), axis=1).ravel()
    began = np.repeat(np.arange(SESSIONS), 5)
    order = np.lexsort((-began, item))
    starts = np.searchsorted(item[order], np.arange(ITEMS + 1))
    led = (starts, began[order], np.full(len(item), 0.4))
    return {LED: led, HELD: (np.arange(SESSIONS + 1) * 5, item, np.full(len(item), 0.9))}


def columns(rng: np.random.Generator, count: int) -> tuple[Any, Any, Any]:
    """A table of `SIMILAR` random items each."""
    item = rng.integers(0, count, count * SIMILAR, dtype=np.uint32)
    score = np.tile(np.linspace(1, 0.1, SIMILAR, dtype=np.float32), count)
    return np.arange(count + 1) * SIMILAR, item, score


def cpu_us(work: Callable[[], Any]) -> float:
    """CPU microseconds of a call; a first one, to warm up, does not count."""
    work()
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e6


def ranking() -> dict[str, float | int]:
    """Per user: the sources, what follows them, and both."""
    rng = np.random.default_rng(0)
    due, shared, bundle = users(rng, USERS), knowledge(rng), Bundle.load(reference_path())
    batches = [due.take(np.arange(at, min(at + BATCH, USERS))) for at in range(0, USERS, BATCH)]
    found = [gather(batch, shared, SETTINGS) for batch in batches]
    found = [
        each.take(np.arange(len(each.due)) - np.searchsorted(each.due, each.due) < 100)
        for each in found
    ]

    def experts() -> None:
        for batch, candidates in zip(batches, found, strict=True):
            _, scored = score(batch, candidates, bundle, shared, SETTINGS, lambda number: None)
            fuse(scored, bundle, shared, SETTINGS)

    sources = cpu_us(lambda: [gather(batch, shared, SETTINGS) for batch in batches]) / USERS
    ranked = cpu_us(experts) / USERS
    return {
        "users": USERS,
        "candidates_per_user": sum(map(len, found)) / USERS,
        "sources_us_per_user": sources,
        "light_pass_and_experts_us_per_user": ranked,
        "sources_and_ranking_us_per_user": sources + ranked,
    }


def tables(folder: Path) -> dict[str, float | int]:
    """Two tables of a million items."""
    rng = np.random.default_rng(1)
    hashes = items_of(np.arange(LARGE))
    files = packed(hashes, {name: columns(rng, LARGE) for name in ("ease", "followers")})
    for name, data in files.items():
        (folder / name).write_bytes(data)
    size_mb = sum(map(len, files.values())) / 1e6
    asked = hashes[rng.integers(0, LARGE, 10_000)]
    names = dict.fromkeys(files, "")
    del files
    gc.collect()
    before = psutil.Process().memory_info().rss
    began = time.perf_counter()
    opened = ItemTables.open(folder, names)
    open_ms = (time.perf_counter() - began) * 1e3
    took = cpu_us(lambda: opened["ease"].lookup(asked, SIMILAR))
    return {
        "table_items": LARGE,
        "tables_mb": size_mb,
        "tables_open_ms": open_ms,
        "tables_resident_mb_after_10000_lookups": (psutil.Process().memory_info().rss - before)
        / 1e6,
        "lookup_us_per_item": took / len(asked),
    }


def main() -> None:
    """Measure both."""
    found = keep(TITLE, "python -m benchmarks.items", repeated(_run))
    print(msgspec.json.encode(found).decode())


def _run(number: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        return ranking() | tables(Path(folder))


if __name__ == "__main__":
    main()
