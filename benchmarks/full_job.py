"""The full job in process: every stage, experts on; CPU time stage by stage.

Run by `make bench`. Medians of three runs; the last line on stdout is one JSON object.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.job.stream import ITEMS, made_up_stream
from benchmarks.results import keep
from benchmarks.runs import repeated
from schemas.tables import SourceRecord
from streams.offline.replay import replay
from streams.operate.commands.log_options import open_log
from streams.pipeline.accept import accept, deduplicate
from streams.pipeline.aggregate import aggregate, pack_rows, unpack_rows
from streams.pipeline.allocate import allocate
from streams.pipeline.allocate.diversity import diversify
from streams.pipeline.assemble import assemble
from streams.pipeline.candidates import gather
from streams.pipeline.experts import score
from streams.pipeline.fusion import fuse
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.policy import screen
from streams.pipeline.publish import publish, retract
from streams.pipeline.trigger import due_users, plan
from streams.settings import load_settings
from streams.state.store import USER

TITLE = "Full job, in process"
BATCH = 2_000
LOGS: dict[str, Callable[[], Iterator[SourceRecord]]] = {
    "made_up": lambda: islice(made_up_stream(60_000), ITEMS + 60_000),
    "taobao": lambda: islice(open_log("taobao", None), 30_000),
}
"""One decision per 20 events, as the real worker's benchmarks have it; and a real log."""
STAGES = (
    accept, unpack_rows, deduplicate, plan, aggregate, due_users, screen, gather, score, fuse,
    diversify, allocate, publish, retract, pack_rows,
)  # fmt: skip


def main(names: list[str]) -> None:
    """Measure the named logs, both by default; one JSON line."""
    print(json.dumps({name: in_process(name) for name in names or LOGS}))


def in_process(name: str) -> dict[str, Any]:
    """Measure a log, keep its section of the results, return its figures."""
    log = list(LOGS[name]())
    found = repeated(lambda _: _run(log))
    return keep(f"{TITLE}: {name}", f"python -m benchmarks.full_job {name}", found)


def _run(log: list[SourceRecord]) -> dict[str, float]:
    settings = load_settings({}, consent_default="granted", epoch_ms=86_400_000, secret="bench")
    spent: dict[str, float] = defaultdict(float)
    process = Pipeline.process
    Pipeline.process = _timed(process, spent, "process")  # type: ignore[method-assign]
    originals = _watch(spent)
    try:
        done = replay(log, assemble(settings), lambda output: None, BATCH)
    finally:
        Pipeline.process = process  # type: ignore[method-assign]
        for module, name, function in originals:
            setattr(module, name, function)
    return _figures(done, spent)


def _watch(spent: dict[str, float]) -> list[tuple[ModuleType, str, Callable[..., Any]]]:
    """Time each stage wherever in the path it is called, under whatever name."""
    modules = [module for name, module in sys.modules.items() if name.startswith("streams.")]
    places = [
        (module, name, stage)
        for module in modules
        for name, value in vars(module).items()
        for stage in STAGES
        if value is stage
    ]
    for module, name, stage in places:
        setattr(module, name, _timed(stage, spent, stage.__name__))
    return places


def _timed(function: Callable[..., Any], spent: dict[str, float], name: str) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.process_time()
        result = function(*args, **kwargs)
        spent[name] += time.process_time() - began
        return result

    return timed


def _figures(done: Any, spent: dict[str, float]) -> dict[str, float]:
    counts = done.counts()
    events, decided = counts["consumed"], counts["decided"]
    rows = [len(v) for store in done.stores for k, v in store.rows.items() if k.startswith(USER)]
    figures: dict[str, float] = {
        "events": events,
        "decisions": decided,
        "events_per_cpu_s": events / spent["process"],
        "decisions_per_cpu_s": decided / spent["process"],
        "state_bytes_per_user_mean": statistics.fmean(rows),
    }
    stages = sorted((name for name in spent if name != "process"), key=lambda n: -spent[n])
    figures |= {f"{name}_us_per_event": 1e6 * spent[name] / events for name in stages}
    rest = spent["process"] - sum(spent[name] for name in stages)
    return figures | {"rest_us_per_event": 1e6 * rest / events}


if __name__ == "__main__":
    main(sys.argv[1:])
