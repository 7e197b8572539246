"""`python -m fuzz.run --seconds 60`: fuzz every target in turn; the last line on stdout is JSON."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections import Counter

from fuzz.targets import TARGETS

RECORDED_S = 600
"""A run of so many seconds is a result and is written down."""
SHOWN = 5


def fuzz(seconds: float, seed: int, targets: list[str]) -> tuple[Counter[str], list[str]]:
    """Return how many inputs each target tried, and the findings: target, seed and traceback."""
    tried: Counter[str] = Counter()
    findings: list[str] = []
    deadline, turn = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        for name in targets:
            rng_seed = f"{seed}/{name}/{turn}"
            try:
                tried[name] += TARGETS[name](random.Random(rng_seed))
            except Exception:  # a finding; the others go on
                findings.append(f"{rng_seed}\n{traceback.format_exc()}")
        turn += 1
    return tried, findings


def main() -> int:
    """Fuzz for as long as the command line says; 1 when something was found."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="comma-separated targets")
    asked = parser.parse_args()
    targets = asked.only.split(",") if asked.only else list(TARGETS)
    tried, findings = fuzz(asked.seconds, asked.seed, targets)
    for finding in findings[:SHOWN]:
        print(finding, file=sys.stderr)
    figures = {"inputs": tried.total(), **tried, "findings": len(findings)}
    if asked.seconds >= RECORDED_S:
        from benchmarks.results import keep

        keep("Fuzzing", f"make fuzz SECONDS={asked.seconds:.0f} SEED={asked.seed}", figures)
    print(json.dumps(figures))
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
