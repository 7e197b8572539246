"""Where a worker's time goes on a backlog: its stages, its top ten costs, and the physical limit."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.job.limit import limit
from benchmarks.job.stand import Deployment, Stand, Watched, say
from benchmarks.job.stream import made_up_stream
from benchmarks.runs import repeated

EVENTS, USERS = 300_000, 50_000
RATE_PER_S = 200
TOP = 10
OURS = re.compile(r"\((?:streams|models|schemas)/")
PATH = re.compile(r"^Pipeline\.\w+ \(streams/pipeline/pipeline\.py")
"""Frames whose callees are the stages."""
IDLE = re.compile(r"^([\w.]*\.)?(select|wait|_wait_for_tstate_lock|_worker) \(")
"""Innermost frames of a thread that waits; the sampler takes some for work."""


def profile(stand: Stand) -> dict[str, Any]:
    """Shares of the worker's CPU samples of all runs, in percent; and what a raw loop would need."""
    stacks: Counter[str] = Counter()
    return {
        **repeated(lambda number: _run(stand, f"profile-{number}", stacks)),
        "samples": stacks.total(),
        **_top("stage", stage_of, stacks),
        **_top("cost", cost_of, stacks),
    }


def _run(stand: Stand, name: str, stacks: Counter[str]) -> dict[str, float]:
    """Add a run's stacks; return what an event took, and what it takes in the raw loop."""
    with stand.deployment(name) as made:
        made.feed(made_up_stream(EVENTS, USERS))
        seen, cpu_us_per_event = asyncio.run(_sampled(made))
        stacks.update(seen)
        costs = {"events": EVENTS, "cpu_us_per_event": cpu_us_per_event}
        return costs | limit(made, cpu_us_per_event)


async def _sampled(made: Deployment) -> tuple[Counter[str], float]:
    """Sample the second to the last batch of a worker that works off the backlog."""
    async with made.progress() as progress:
        wanted = await progress.produced()
        with made.worker() as worker:
            first = await progress.committed()
            while not first:
                await asyncio.sleep(0.02)
                first = await progress.committed()
            before_s, spy = worker.cpu_s(), _spy(worker, made.folder / "stacks")
            await progress.wait(wanted, worker)
            spent_s = worker.cpu_s() - before_s
            worker.stop()
            spy.wait(60)
    return read_stacks(made.folder / "stacks"), 1e6 * spent_s / (wanted - first)


def _spy(worker: Watched, output: Path) -> subprocess.Popen[bytes]:
    program = str(Path(sys.executable).with_name("py-spy"))
    command = [program, "record", "--pid", str(worker.worker.pid), "--rate", str(RATE_PER_S)]
    command += ["--format", "raw", "--threads", "--output", str(output)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def read_stacks(path: Path) -> Counter[str]:
    """Return how often each stack (frames joined by ``;``, the outermost first) was seen."""
    found: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        if not IDLE.search(stack.rpartition(";")[2]):
            found[stack] += int(count)
    return found


def stage_of(stack: str) -> str:
    """The stage of the pipeline; outside of it the engine's module or our folder at work."""
    frames = stack.split(";")
    for n, frame in enumerate(frames[:-1]):
        if PATH.search(frame) and not PATH.search(frames[n + 1]):
            return _name(frames[n + 1])
    ours = [frame for frame in frames if OURS.search(frame)]
    if not ours:
        return _library(frames)
    path = ours[-1].rpartition("(")[2].rpartition(":")[0]
    return path if "/engine/" in path else path.rpartition("/")[0]


def cost_of(stack: str) -> str:
    """The innermost function of ours, with what it calls in libraries; else the library."""
    frames = stack.split(";")
    ours = [frame for frame in frames if OURS.search(frame)]
    return _name(ours[-1]) if ours else _library(frames)


def _name(frame: str) -> str:
    function, _, place = frame.partition(" (")
    return f"{function} {place.rpartition(':')[0]}"


def _library(frames: list[str]) -> str:
    packages = [re.search(r"\(([\w.]+)/", frame) for frame in frames]
    named = [found[1] for found in packages if found]
    return f"{named[-1]} (library)" if named else "Python"


def _top(title: str, name_of: Callable[[str], str], stacks: Counter[str]) -> dict[str, str]:
    """The names with most samples, numbered, each with its share."""
    counts: Counter[str] = Counter()
    for stack, count in stacks.items():
        counts[name_of(stack)] += count
    shares = [f"{100 * count / stacks.total():.1f}% {name}" for name, count in counts.most_common()]
    say("\n".join(shares[:30]))
    return {f"{title}_{number}": share for number, share in enumerate(shares[:TOP], 1)}
