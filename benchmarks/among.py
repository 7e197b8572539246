"""What one user's months cost among others: each decision of theirs shares its batch with a shop's events.

`python -m benchmarks.among`. A batch has `EVENTS` records; one in so many is the user's, the others are
the shop's, spread evenly over the time between. CPU microseconds an event, and how many times that of
the same batch without that user. The last line on stdout is one JSON object.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from msgspec.structs import replace

from benchmarks.hostile import EVENTS, MONTHS, START_MS, USER, Stream, _process
from benchmarks.job.stream import ITEMS, made_up_stream
from benchmarks.results import keep, table
from benchmarks.runs import repeated
from schemas.tables import SourceRecord
from streams.offline.replay import replay
from streams.pipeline.assemble import assemble
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

TITLE = "What one user can cost, among others"
COMMAND = "python -m benchmarks.among"
ONE_IN = (10, 25, 100)
SAYS = (
    "2,000 events in one batch, medians of three runs. One event in so many is of one user and brings a decision "
    "at every one (or every sixth); the others are a shop's, in the time between. Beside it the same without that user."
)


def main() -> None:
    """Measure all mixtures; one JSON line."""
    found = repeated(lambda _: _run())
    print(json.dumps(keep(TITLE, COMMAND, found, _body(found))))


def _run() -> dict[str, float]:
    job = assemble(load_settings({}, consent_default="granted", secret="bench", partitions=1))
    log = list(islice(made_up_stream(EVENTS), ITEMS + EVENTS))
    replay(log[: ITEMS + 1], job, lambda output: None)
    found = {}
    for name, stream in MONTHS.items():
        for one_in in ONE_IN:
            records = _mixed(stream, one_in, log[ITEMS:])
            others = [record for record in records if record.key != USER.encode()]
            found[f"{name}, one in {one_in}, without"] = _us_an_event(job, others)
            found[f"{name}, one in {one_in}"] = _us_an_event(job, records)
    return found


def _us_an_event(job: Pipeline, records: list[SourceRecord]) -> float:
    return 1e6 * _process(job, MemoryStore(), records) / len(records)


def _mixed(stream: Stream, one_in: int, shop: list[SourceRecord]) -> list[SourceRecord]:
    """The shop's records at even times, each ``one_in``-th one of the user's instead."""
    found = []
    for n, other in enumerate(shop):
        at_ms = START_MS + n * stream.step_ms // one_in
        body = json.loads(other.value or b"{}") | {"ts": at_ms}
        topic, key = other.topic, other.key
        if n % one_in == 0:
            topic, told = stream.event(n // one_in)
            body = {"event_id": f"x{n}", "user_id": USER, "ts": at_ms} | told
            key = USER.encode()
        value = json.dumps(body).encode()
        found.append(
            replace(other, topic=topic, offset=n, timestamp_ms=at_ms, key=key, value=value)
        )
    return found


def _body(found: dict[str, Any]) -> list[str]:
    head = ("stream of one user", "one event in", "µs an event", "without", "times")
    rows = []
    for name in MONTHS:
        for one_in in ONE_IN:
            with_us, us = (found[f"{name}, one in {one_in}{end}"] for end in ("", ", without"))
            rows.append((name, str(one_in), f"{with_us:,.0f}", f"{us:,.0f}", f"{with_us / us:.1f}"))
    return [SAYS, "", *table(head, rows)]


if __name__ == "__main__":
    main()
