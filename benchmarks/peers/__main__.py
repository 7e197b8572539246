"""`make bench-peers`: start a broker, make the input, run everybody in turn, write it down."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.peers import report
from benchmarks.peers.contestants import HEATS, JAVA, OURS, ROOT, Heat
from benchmarks.peers.lab import PARTITIONS, Lab, LabError, missing_programs
from benchmarks.peers.measure import Bench, Run, RunError
from benchmarks.results import keep, table
from benchmarks.runs import SPREAD
from streams.operate.broker.broker import Broker
from streams.operate.broker.broker_runtime import KAFKA_VERSION

TITLE = "Features job, side by side"
HOME = ROOT / ".kairos" / "bench-peers"
NOTE = (
    "One Apache Kafka {kafka}, one input (JSON clicks of 50,000 users, 4 partitions), the contestants in "
    "turn, {runs} rounds: median (least to greatest). CPU is that of a contestant's whole process "
    "tree, from its start to its last (committed) output. Only Kairos and Kafka Streams commit "
    "state, outputs and offsets as one; the others may repeat outputs after a crash. `warm` is "
    "the same job with more events, judged steady: from the first output on. `exact`: what the "
    "checker says of every output: of ours in each round, of a peer's in the first."
)

Names = Annotated[str, typer.Option(help="Comma-separated names.")]


def main(
    runs: Annotated[int, typer.Option(envvar="RUNS", min=1, help="Rounds.")] = 3,
    peers: Annotated[
        Path, typer.Option(envvar="PEERS", help="Folder with the peers' scripts.")
    ] = ROOT.parent / "shared" / "lab" / "peers",
    only: Annotated[str, typer.Option(envvar="ONLY", help="A quick look: these names only.")] = "",
    skip: Annotated[str, typer.Option(envvar="SKIP", help="Leave these out, on purpose.")] = "",
) -> None:
    """Run the features job on Kairos and on its peers; the last line is one JSON object."""
    heats = [heat for heat in HEATS if _wanted(heat.contestant.name, only, skip)]
    broker = Broker(HOME / "broker", say)
    try:
        lab = Lab(peers, HOME, say)
        heats, unable = _able(heats)
        _make_ready(lab, heats)
        broker.reset()
        found, inexact, failed = asyncio.run(_compete(lab, broker.start(), heats, runs))
    except LabError as error:
        say(str(error))
        raise typer.Exit(2) from error
    finally:
        broker.reset()
    failed |= unable
    figures = report.summary(found)
    if only or skip or failed:
        say("\n".join(table(report.HEAD, report.rows(found, inexact))))
    else:
        figures = keep(TITLE, "make bench-peers", figures, _body(found, inexact, runs))
    print(json.dumps({**figures, "runs": runs, "inexact": inexact, "failed": failed}))
    raise typer.Exit(1 if failed or any(key.startswith(OURS.name) for key in inexact) else 0)


def say(text: str) -> None:
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)


def _wanted(name: str, only: str, skip: str) -> bool:
    return name not in skip.split(",") and (not only or name in only.split(","))


def _able(heats: list[Heat]) -> tuple[list[Heat], dict[str, str]]:
    """Set those aside for which a program is missing."""
    missing = missing_programs(JAVA)
    unable = {h.contestant.name for h in heats if h.contestant.java} if missing else set()
    for name in sorted(unable):
        say(f"{name} cannot run: no {', '.join(missing)} on PATH (SKIP={name} leaves it out)")
    reason = f"missing: {', '.join(missing)}"
    return [h for h in heats if h.contestant.name not in unable], dict.fromkeys(unable, reason)


def _make_ready(lab: Lab, heats: list[Heat]) -> None:
    lab.install()
    for folder in sorted({heat.contestant.java for heat in heats} - {""}):
        lab.build(folder)


async def _compete(
    lab: Lab, broker: str, heats: list[Heat], rounds: int
) -> tuple[report.Runs, dict[str, dict[str, int]], dict[str, str]]:
    """Return each heat's runs, what was inexact, and what failed."""
    inputs = {heat.topic: heat.events for heat in heats}
    for topic, events in inputs.items():
        lab.generate(broker, topic, events)
    bench = Bench(broker, HOME / "state", PARTITIONS)
    found: dict[str, dict[int, Run]] = {}
    inexact: dict[str, dict[str, int]] = {}
    failed: dict[str, str] = {}
    for number in range(rounds):
        for heat in heats:
            try:
                run, wrong = await _run(lab, bench, heat, number)
            except RunError as error:
                failed[heat.key] = str(error)
                say(f"{heat.key}: {error}")
                continue
            finally:
                await bench.clean(set(inputs))
            found.setdefault(heat.key, {})[number] = run
            _report(heat, number, run, wrong)
            if wrong:
                inexact[heat.key] = wrong
    return found, inexact, failed


async def _run(lab: Lab, bench: Bench, heat: Heat, number: int) -> tuple[Run, dict[str, int]]:
    who, name = heat.contestant, f"{heat.key.replace(' ', '-')}-{number}"
    environment = {**who.environment, "PY": str(lab.python)}
    command, cwd = who.command(lab), ROOT if who is OURS else lab.folder
    run = await bench.run(name, command, environment, heat.topic, heat.events, cwd)
    if who.limit or (number and who is not OURS):  # a peer is checked once, we each time
        return run, {}
    verdict = await asyncio.to_thread(lab.verify, bench.broker, heat.topic, f"out-{name}")
    return run, report.faults(verdict)


def _report(heat: Heat, number: int, run: Run, wrong: dict[str, int]) -> None:
    say(
        f"{heat.key} {number + 1}: {run.events_per_cpu_s:,.0f} events per CPU-s, "
        f"steady {run.steady_events_per_cpu_s:,.0f}; {run.cpu_s:.2f} CPU-s, {run.wall_s:.1f} s, "
        f"first output after {run.first_output_s:.1f} s, {run.peak_rss_mb:.0f} MB {wrong or ''}"
    )


def _body(found: report.Runs, inexact: dict[str, dict[str, int]], runs: int) -> list[str]:
    figures = report.summary(found)
    named = [name for name in figures if not name.endswith(SPREAD)]
    return [
        NOTE.format(runs=runs, kafka=KAFKA_VERSION), "",
        *table(report.HEAD, report.rows(found, inexact)), "",
        *table(("figure", "value", "round by round"),
               [[n, _text(figures[n]), _text(figures.get(n + SPREAD))] for n in named]),
    ]  # fmt: skip


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(map(_text, value))
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    typer.run(main)
