"""`python -m benchmarks.job [NAME ...]`: the full job, in process and on a real worker and Kafka."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.full_job import LOGS, in_process
from benchmarks.job.catalogue import catalogue
from benchmarks.job.features_read import features_read
from benchmarks.job.idle import idle
from benchmarks.job.latency import latency
from benchmarks.job.profile import profile
from benchmarks.job.recovery import recovery
from benchmarks.job.restart import restart
from benchmarks.job.sizes import sizes
from benchmarks.job.stand import Stand, say
from benchmarks.job.throughput import throughput
from benchmarks.results import keep

MEASUREMENTS: dict[str, Callable[[Stand], dict[str, Any]]] = {
    "throughput": throughput,
    "latency": latency,
    "idle": idle,
    "restart": restart,
    "recovery": recovery,
    "sizes": sizes,
    "profile": profile,
    "features": features_read,
    "catalogue": catalogue,
}


IN_PROCESS = "in_process"
"""Needs no Kafka; and has a section for each of its logs."""


def main(names: list[str]) -> int:
    """Run the named measurements, all by default: a table each, and one JSON line at the end."""
    known = [IN_PROCESS, *MEASUREMENTS]
    if unknown := [name for name in names if name not in known]:
        say(f"no such measurement: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    found: dict[str, Any] = {}
    wanted = names or known
    if IN_PROCESS in wanted:
        found[IN_PROCESS] = {log: in_process(log) for log in LOGS}
    if on_kafka := [name for name in wanted if name != IN_PROCESS]:
        with Stand() as stand:
            for name in on_kafka:
                title = f"Full job, real worker: {name}"
                figures = MEASUREMENTS[name](stand)
                found[name] = keep(title, f"make bench ONLY={name}", figures)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
