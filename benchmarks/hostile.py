"""What one user can cost: streams made to be dear, beside a shop's normal one in the same run.

`python -m benchmarks.hostile [BEFORE]`. Each stream is one user's, `EVENTS` records in one batch, decided in
process; CPU microseconds an event, and how many times the normal stream's that is. ``BEFORE``: a file with
the JSON line that another build printed. The last line on stdout is one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from benchmarks.job.stream import ITEMS, T0_MS, made_up_stream
from benchmarks.results import keep, table
from benchmarks.runs import repeated
from schemas.tables import SourceRecord
from streams.offline.replay import replay
from streams.pipeline.assemble import assemble
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import MemoryStore

TITLE = "What one user can cost"
COMMAND = "python -m benchmarks.hostile"
EVENTS, NORMAL, MOST = 2_000, 20_000, 10
DECISIONS = ", decisions"
MONTHS_SAY = (
    "2,000 events of one user in one batch, medians of three runs. The last three streams are months long: "
    "what they cost is their decisions, which the budget allows; all others are bounded to ten times the normal cost."
)
START_MS = T0_MS + 6 * 3_600_000
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
USER = "hostile"
SHORT_DEBOUNCE_MS = 1_000
ZONES = ("Europe/London", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe")

Body = dict[str, Any]


@dataclass(slots=True, frozen=True)
class Stream:
    """``event`` gives topic and fields of the n-th record; ``step_ms`` lies between two.

    ``ts`` is stream time where the fields do not say; ``debounce_ms`` None: as by default.
    """

    event: Callable[[int], tuple[str, Body]]
    step_ms: int
    debounce_ms: int | None = None


def _click(event: str, item: int, **more: Any) -> tuple[str, Body]:
    return "clicks", {"event": event, "item_id": f"i{item}", "category_id": f"c{item % 200}"} | more


def _order(item: int, **more: Any) -> tuple[str, Body]:
    line = {"item_id": f"i{item}", "quantity": 1, "unit_price_minor": 500}
    return "purchases", {
        "order_id": "o",
        "status": "placed",
        "currency": "EUR",
        "lines": [line],
    } | more


def _late(n: int, step_ms: int, by_ms: int) -> Body:
    return {"ts": START_MS + n * step_ms - by_ms}


STREAMS: dict[str, Stream] = {
    "zone at every event": Stream(lambda n: ("context", {"timezone": ZONES[n % 4]}), SECOND_MS),
    "zone at every event, debounce 1 s": Stream(
        lambda n: ("context", {"timezone": ZONES[n % 4]}), SECOND_MS, SHORT_DEBOUNCE_MS
    ),
    "two devices": Stream(
        lambda n: _click("view", n, device=("mobile", "desktop")[n % 2]), SECOND_MS
    ),
    "old reports of a device": Stream(
        lambda n: ("context", {"device": ("mobile", "desktop")[n > 0]} | _late(n, SECOND_MS, n * 2_000)),
        SECOND_MS,
    ),
    "favourite at every event": Stream(lambda n: _click("fav", n), SECOND_MS),
    "favourite at every event, debounce 1 s": Stream(
        lambda n: _click("fav", n), SECOND_MS, SHORT_DEBOUNCE_MS
    ),
    "same time, debounce 1 s": Stream(lambda n: _click("fav", n % 50), 0, SHORT_DEBOUNCE_MS),
    "views older and older": Stream(
        lambda n: _click("view", 7, **_late(n, SECOND_MS, n * 2_000)), SECOND_MS
    ),
    "carts 20 minutes apart": Stream(lambda n: _click("cart", n % 9), 20 * MINUTE_MS),
    "carts of two hours ago": Stream(
        lambda n: _click("cart", n % 9, **_late(n, SECOND_MS, 2 * HOUR_MS)), SECOND_MS
    ),
    "carts of two hours ago, emptied": Stream(
        lambda n: _click(
            ("remove_cart", "cart")[n % 2], 5, **_late(n // 2, 2 * SECOND_MS, 2 * HOUR_MS)
        ),
        SECOND_MS,
    ),
    "searches at every event": Stream(
        lambda n: ("clicks", {"event": "search", "query": f"kettle {n}"}), SECOND_MS
    ),
    "orders of seven days ago": Stream(
        lambda n: _order(n % 9, **_late(n, SECOND_MS, 7 * DAY_MS + MINUTE_MS)), SECOND_MS
    ),
    "orders at every event": Stream(lambda n: _order(n % 9), SECOND_MS),
    "consent flipped": Stream(lambda n: ("context", {"consent": {"push": n % 2 == 0}}), SECOND_MS),
    "consent flipped between favourites, debounce 1 s": Stream(
        lambda n: _click("fav", n) if n % 3 == 0 else ("context", {"consent": {"push": n % 3 == 2}}),
        SECOND_MS, SHORT_DEBOUNCE_MS,
    ),
    "receipts for one push": Stream(
        lambda n: _click("fav", 3) if n == 0 else ("push-receipts", {
            "recommendation_id": "0b8d5a5e-3c52-5d0e-9d2a-1f6f3c1b2a4d", "status": "delivered",
        }),
        SECOND_MS,
    ),
    "views between orders": Stream(
        lambda n: _click("view", 7) if n % 9 else _order(7, ts=START_MS + n * SECOND_MS), SECOND_MS
    ),
    "views 25 hours apart": Stream(lambda n: _click("view", 7), 25 * HOUR_MS),
}  # fmt: skip
MONTHS: dict[str, Stream] = {
    "views nine hours apart": Stream(lambda n: _click("view", 7), 9 * HOUR_MS),
    "carts 61 minutes apart": Stream(lambda n: _click("cart", n % 9), 61 * MINUTE_MS),
    "searches 61 minutes apart": Stream(
        lambda n: ("clicks", {"event": "search", "query": f"kettle {n}"}), 61 * MINUTE_MS
    ),
}
"""Months of stream time in a batch: what these cost is their decisions, one in six hours or nine."""


def main(files: list[str]) -> None:
    """Measure all streams; one JSON line."""
    before = json.loads(Path(files[0]).read_text(encoding="utf-8")) if files else {}
    found = repeated(lambda _: _run())
    found["over"] = [name for name in STREAMS if found[name] > MOST * found["normal"]]
    print(json.dumps(keep(TITLE, COMMAND, found, _body(found, before))))


def _run() -> dict[str, float]:
    settings = load_settings({}, consent_default="granted", secret="bench", partitions=1)
    job = assemble(settings)
    figures = {"normal": _normal(job)}
    for name, stream in (STREAMS | MONTHS).items():
        print(name, file=sys.stderr, flush=True)
        figures[name], figures[f"{name}{DECISIONS}"] = _hostile(job, stream)
    return figures


def _normal(job: Pipeline) -> float:
    """Read a shop's stream, and its catalogue into the job's knowledge; µs an event."""
    log = list(islice(made_up_stream(NORMAL), ITEMS + NORMAL))
    replay(log[: ITEMS + 1], job, lambda output: None)
    store, spent_s = MemoryStore(), 0.0
    for start in range(ITEMS, len(log), EVENTS):
        spent_s += _process(job, store, log[start : start + EVENTS])
    return 1e6 * spent_s / NORMAL


def _hostile(job: Pipeline, stream: Stream) -> tuple[float, int]:
    """µs an event of one user's stream, and its decisions."""
    if stream.debounce_ms is not None:
        changed = replace(job.settings, debounce_ms=stream.debounce_ms)
        job = Pipeline(changed, job.vault, job.knowledge, job.bundle)
    records, store = list(_records(stream)), MemoryStore()
    spent_s = _process(job, store, records)
    return 1e6 * spent_s / EVENTS, read_marker(store).counts.get("decided", 0)


def _records(stream: Stream) -> Iterator[SourceRecord]:
    for n in range(EVENTS):
        topic, told = stream.event(n)
        at_ms = START_MS + n * stream.step_ms
        body = {"event_id": f"e{n}", "user_id": USER, "ts": at_ms} | told
        yield SourceRecord(topic, 0, n, at_ms, USER.encode(), json.dumps(body).encode())


def _process(job: Pipeline, store: MemoryStore, records: list[SourceRecord]) -> float:
    began_s = time.process_time()
    effects = job.process(0, store, records)
    spent_s = time.process_time() - began_s
    store.apply(effects.rows)
    return spent_s


def _body(found: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """The lines of the section: a row a stream, each build's beside its own normal stream."""
    rows = [
        (name, *_told(before, name), *_told(found, name), str(found.get(name + DECISIONS, "")))
        for name in ("normal", *STREAMS, *MONTHS)
    ]
    times = "times the normal one's"
    head = ("stream of one user", "before, µs an event", times, "now", times, "decisions")
    return [MONTHS_SAY, "", *table(head, rows)]


def _told(figures: dict[str, Any], name: str) -> tuple[str, str]:
    if name not in figures:
        return "", ""
    return f"{figures[name]:,.0f}", f"{figures[name] / figures['normal']:.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
