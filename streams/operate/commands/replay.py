"""`kairos replay`: a log through the data path, in process or through a worker."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.offline.replay import Replayed
from streams.offline.replay import replay as replay_log
from streams.operate.commands.log_options import (
    DataPath,
    SourceName,
    ZoneName,
    open_log,
    tell_skipped,
)
from streams.operate.console import bars, finish, run, say
from streams.operate.demo.through_kafka import through_kafka
from streams.operate.tools.output_files import OutputFiles
from streams.pipeline.assemble import assemble, with_bundle
from streams.settings import load_settings

COUNTED = (
    "consumed", "accepted", "duplicates", "late", "dead_letters", "partial", "decided",
    "recommended", "cancelled", "receipts", "unknown_fields",
)  # fmt: skip
BUNDLE = typer.Option("--bundle", help="Model bundle; the shipped reference when not given.")
RECORDS = typer.Option("--batch", help="Records a batch; it changes no byte of the result.", min=1)
BROKER = typer.Option("--through-kafka", help="HOST:PORT: also through a worker on that broker.")


def replay(
    out: Annotated[Path, typer.Option("--out", help="Directory for the JSON lines.")],
    source: SourceName = "deskdrop",
    data: DataPath = None,
    bundle: Annotated[Path | None, BUNDLE] = None,
    batch: Annotated[int, RECORDS] = 2_000,
    timezone: ZoneName = "UTC",
    broker: Annotated[str, BROKER] = "",
) -> None:
    """Decide a whole log and write recommendations, suppressions, decisions and dead letters."""
    settings = with_bundle(load_settings(), bundle)
    log = open_log(source, data, timezone)
    pipeline = assemble(settings)
    began = time.perf_counter(), time.process_time()
    with OutputFiles(out) as files, bars() as display:
        task = display.add_task("replay", total=None)
        done = replay_log(
            log, pipeline, files.write, batch, lambda n: display.update(task, completed=n)
        )
        files.summarise(summary(done))
    tell_skipped(log)
    tell_silence(done)
    result = summary(done) | _speed(done, *began)
    if broker:
        again = open_log(source, data, timezone)
        result["through_kafka"] = run(through_kafka(again, done, out, settings, broker))
    finish(result, ok=not broker or result["through_kafka"]["ok"])


def tell_silence(done: Replayed) -> None:
    """Say so when the log told no consent: a log of the past usually does not."""
    counts = done.counts()
    if counts.get("suppressed.no_consent", 0) and not counts.get("recommended", 0):
        say("every decision was stopped by no_consent: nobody in this log gave any.")
        say("KAIROS_CONSENT_DEFAULT=granted replays it as if all had; each record will show it.")


def summary(done: Replayed) -> dict[str, Any]:
    """What a replay counted: law 4 in figures, suppressions by reason."""
    counts = done.counts()
    by_reason = {
        name.partition(".")[2]: n for name, n in counts.items() if name.startswith("suppressed.")
    }
    totals = {name: counts.get(name, 0) for name in COUNTED}
    return totals | {"suppressed": by_reason, "records": done.records, "epochs": done.epochs}


def _speed(done: Replayed, wall_began: float, cpu_began: float) -> dict[str, float]:
    wall_s, cpu_s = time.perf_counter() - wall_began, time.process_time() - cpu_began
    return {
        "wall_s": round(wall_s, 2),
        "events_per_s": round(done.records / wall_s, 1),
        "events_per_cpu_s": round(done.records / cpu_s, 1),
    }
