"""`python -m fuzz.run --inputs 10000000`: fuzz the targets; the last line on stdout is JSON."""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping

from fuzz.target import Finding, Target, findings_of, inputs_of
from fuzz.targets import PATH, TARGETS

RECORDED_S, RECORDED_INPUTS = 600, 1_000_000
"""A run of so many seconds or inputs is a result and is written down."""
GROWN_BYTES = 512 << 20
"""Memory that a run may take beyond what it took in its first tenth: caches are full by then."""
SHOWN_EVERY_S = 60.0


def fuzz(
    targets: Mapping[str, Target], seed: int, goes_on: Callable[[Counter[str]], bool]
) -> tuple[Counter[str], list[Finding]]:
    """Return how many inputs each target tried, and the findings, each kind once.

    The target that is furthest behind its share comes next, so a run is the same whatever the clock.
    """
    tried, batches = Counter[str](), Counter[str]()
    findings: dict[str, Finding] = {}
    while goes_on(tried):
        name = min(targets, key=lambda name: tried[name] / targets[name].share)
        inputs = inputs_of(name, targets[name], seed, batches[name])
        for finding in findings_of(name, targets[name], seed, batches[name], inputs, findings):
            print(finding, file=sys.stderr, flush=True)
            findings[finding.kind] = finding
        batches[name] += 1
        tried[name] += len(inputs)
    return tried, list(findings.values())


class Limits:
    """Until when a run goes on: a number of inputs or seconds, whichever it reaches first; 0 is no limit."""

    def __init__(self, inputs: int, seconds: float) -> None:
        self._inputs, self._seconds = inputs, seconds
        self._start_s = self._shown_s = time.monotonic()
        self._first_peak = 0
        self.grown = 0
        """Bytes of memory beyond the peak of the first tenth."""

    def goes_on(self, tried: Counter[str]) -> bool:
        """Whether there is more to do; measures memory, tells how far it is."""
        now_s, done = time.monotonic(), tried.total()
        of_inputs = done / self._inputs if self._inputs else 0.0
        of_seconds = (now_s - self._start_s) / self._seconds if self._seconds else 0.0
        share = max(of_inputs, of_seconds)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        if share < 0.1:
            self._first_peak = peak
        self.grown = peak - self._first_peak
        if now_s - self._shown_s > SHOWN_EVERY_S:
            self._shown_s = now_s
            told = f"{done:,} inputs, {share:.0%}, {peak >> 20} MiB"
            print(told, file=sys.stderr, flush=True)
        return share < 1


def main() -> int:
    """Fuzz for as long as the command line says; 1 when something was found."""
    asked = _asked()
    logging.getLogger().addHandler(logging.NullHandler())  # what is set aside is no news here
    names = asked.only.split(",") if asked.only else list(TARGETS)
    targets = {name: TARGETS[name] for name in names}
    if asked.batch >= 0:
        return _again(targets, asked.seed, asked.batch)
    limits = Limits(asked.inputs, asked.seconds)
    start_s = time.monotonic()
    tried, findings = fuzz(targets, asked.seed, limits.goes_on)
    figures = {
        "inputs": tried.total(),
        "through_the_whole_path": sum(tried[name] for name in PATH),
        **tried,
        "wall_s": round(time.monotonic() - start_s),
        "cpu_s": round(time.process_time()),
        "memory_grown_mib": limits.grown >> 20,
        "findings": len(findings),
    }
    if asked.seconds >= RECORDED_S or asked.inputs >= RECORDED_INPUTS:
        _record(asked, figures, findings)
    print(json.dumps(figures))
    return int(bool(findings) or limits.grown > GROWN_BYTES)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--inputs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="comma-separated targets")
    parser.add_argument("--batch", type=int, default=-1, help="only this batch of each target")
    return parser.parse_args()


def _again(targets: Mapping[str, Target], seed: int, batch: int) -> int:
    """Play one batch again; 1 when something was found."""
    found = 0
    for name, target in targets.items():
        inputs = inputs_of(name, target, seed, batch)
        for finding in findings_of(name, target, seed, batch, inputs, {}):
            print(finding, file=sys.stderr)
            found += 1
    return int(found > 0)


def _record(asked: argparse.Namespace, figures: dict[str, int], findings: list[Finding]) -> None:
    from benchmarks.results import keep, rows

    limit = f"INPUTS={asked.inputs}" if asked.inputs else f"SECONDS={asked.seconds:.0f}"
    kinds = [f"- {finding.kind}" for finding in findings]
    body = [*rows(figures), *(["", "Found:", "", *kinds] if kinds else [])]
    keep("Fuzzing", f"make fuzz {limit} SEED={asked.seed}", figures, body)


if __name__ == "__main__":
    sys.exit(main())
