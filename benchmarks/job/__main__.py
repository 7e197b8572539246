"""`python -m benchmarks.job [NAME ...]`: measure the full job on a real worker and a real Kafka."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.job.catalogue import catalogue
from benchmarks.job.features_read import features_read
from benchmarks.job.latency import latency
from benchmarks.job.profile import profile
from benchmarks.job.recovery import recovery
from benchmarks.job.restart import restart
from benchmarks.job.sizes import sizes
from benchmarks.job.stand import Stand, say
from benchmarks.job.throughput import throughput
from benchmarks.results import refresh, section

MEASUREMENTS: dict[str, Callable[[Stand], dict[str, Any]]] = {
    "throughput": throughput,
    "latency": latency,
    "restart": restart,
    "recovery": recovery,
    "sizes": sizes,
    "profile": profile,
    "features": features_read,
    "catalogue": catalogue,
}


def main(names: list[str]) -> int:
    """Run the named measurements, all by default: a JSON line each, and the page of results."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        say(f"no such measurement: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
        return 2
    with Stand() as stand:
        for name in names or list(MEASUREMENTS):
            found = MEASUREMENTS[name](stand)
            print(json.dumps({"measurement": name, **found}), flush=True)
            title = f"Full job, real worker: {name}"
            refresh(title, section(title, f"python -m benchmarks.job {name}", found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
