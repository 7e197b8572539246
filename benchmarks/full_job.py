"""The full job in process: every stage, experts on, a real log; CPU time stage by stage.

Run by `make bench`. Medians of three runs; the last line on stdout is one JSON object.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.results import refresh, section
from streams import pipeline as path
from streams.assemble import assemble
from streams.commands.log_options import open_log
from streams.replay import replay
from streams.settings import load_settings
from streams.store import USER
from streams.wave import waves as waves_module

TITLE = "Full job, in process"
RUNS, RECORDS, BATCH = 3, 30_000, 2_000
STAGES = {
    path: ("accept", "deduplicate", "screen", "gather", "score", "fuse", "allocate", "publish",
           "publish_silence", "retract"),
    waves_module: ("plan", "aggregate", "due_users", "pack_rows"),
}  # fmt: skip


def main() -> None:
    """Measure, print, write down."""
    log = list(islice(open_log("taobao", None), RECORDS))
    runs = [_run(log) for _ in range(RUNS)]
    result = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    spread = [run["events_per_cpu_s"] for run in runs]
    result["events_per_cpu_s_spread"] = f"{min(spread):,.0f} to {max(spread):,.0f}"
    refresh(TITLE, section(TITLE, "make bench", result))
    print(json.dumps(result))


def _run(log: list[Any]) -> dict[str, float]:
    settings = load_settings({}, consent_default="granted", epoch_ms=86_400_000, secret="bench")
    spent: dict[str, float] = defaultdict(float)
    originals = _watch(spent)
    process = path.Pipeline.process
    path.Pipeline.process = _timed(process, spent, "process")  # type: ignore[method-assign]
    try:
        done = replay(log, assemble(settings), lambda output: None, BATCH)
    finally:
        path.Pipeline.process = process  # type: ignore[method-assign]
        for module, name, function in originals:
            setattr(module, name, function)
    return _figures(done, spent)


def _watch(spent: dict[str, float]) -> list[tuple[Any, str, Callable[..., Any]]]:
    originals = []
    for module, names in STAGES.items():
        for name in names:
            function = getattr(module, name)
            originals.append((module, name, function))
            setattr(module, name, _timed(function, spent, name))
    return originals


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
    main()
