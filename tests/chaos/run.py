"""`python -m chaos.run --rounds 100 --seed 1`: the long form; the last line on stdout is JSON."""

from __future__ import annotations

import argparse
import json
import logging
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chaos.cluster import Cluster
from chaos.faults import FAULTS
from chaos.rounds import Result, play

JOBS = ("shop", "shop", "count")
"""Every third round counts: one output per event; the others run the real pipeline."""
FAULTS_A_ROUND = 2
RECORDED = 100
"""So many rounds make a result: it is written down, and no fault may be missing in it."""


def deal(rounds: int, seed: str) -> Iterator[tuple[str, list[str]]]:
    """Yield job and fault names of each round: a shuffled deck, again and again, so all occur."""
    rng = random.Random(seed)
    deck: list[str] = []
    for number in range(rounds):
        job, hand = JOBS[number % len(JOBS)], []
        if len(deck) < len(FAULTS):
            fresh = [name for name, fault in FAULTS.items() for _ in range(fault.weight)]
            rng.shuffle(fresh)
            deck += fresh
        for name in deck:
            if FAULTS[name].job in (None, job) and name not in hand:
                hand.append(name)
            if len(hand) == FAULTS_A_ROUND:
                break
        for name in hand:
            deck.remove(name)
        yield job, hand


def summary(results: list[Result], failed: list[str], took_s: float) -> dict[str, Any]:
    """Return the figures of a run."""
    totals: Counter[str] = Counter()
    faults: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
    for result in results:
        verdict = result.verdict
        for name in (
            "events", "lost", "duplicated", "state_differences", "law4_differences",
            "policy_violations", "decisions", "recommendations",
        ):  # fmt: skip
            totals[name] += getattr(verdict, name)
        faults.update(result.faults)
    return {
        "rounds": len(results),
        **totals,
        "unsettled_rounds": len(failed),
        "worker_restarts": sum(result.exits.total() for result in results),
        "took_s": round(took_s),
        "faults": dict(sorted(faults.items())),
    }


def passes(figures: dict[str, Any], rounds: int) -> bool:
    """Whether all rounds were played, nothing was wrong, and (in a long run) no fault missed."""
    wrong = ("lost", "duplicated", "state_differences", "law4_differences", "policy_violations")
    missed = [name for name in FAULTS if not figures["faults"][name]] if rounds >= RECORDED else []
    for name in missed:
        print(f"never happened: {name}", file=sys.stderr)
    return figures["rounds"] == rounds and not missed and not any(figures[name] for name in wrong)


def main() -> int:
    """Play the rounds that the command line asks for."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0, help="number of the first round played")
    parser.add_argument("--only", default="", help="comma-separated faults, instead of the deck")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # clean up, as at Ctrl-C
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every fault of ours
    began, results, failed = time.monotonic(), [], []
    home = Path(tempfile.mkdtemp(prefix="kairos-chaos-"))
    cluster = Cluster(home / "broker")
    try:
        hands = list(deal(asked.rounds + asked.first, asked.seed))[asked.first :]
        for number, (job, hand) in enumerate(hands, asked.first):
            only = asked.only.split(",") if asked.only else hand
            try:
                results.append(play(number, asked.seed, job, only, cluster, home))
            except AssertionError as error:
                failed.append(f"round {number} ({job}, {only}): {error}")
                print(failed[-1], file=sys.stderr, flush=True)
            else:
                print(_line(results[-1]), file=sys.stderr, flush=True)
    finally:
        cluster.close()
    figures = summary(results, failed, time.monotonic() - began)
    good = passes(figures, asked.rounds)
    if asked.rounds >= RECORDED:
        _record(figures, asked.seed)
    if good:
        home.rmdir()
    else:
        print(f"the folders of the rounds that went wrong: {home}", file=sys.stderr)
    print(json.dumps(figures))
    return 0 if good else 1


def _line(result: Result) -> str:
    verdict = result.verdict
    text = (
        f"round {result.number:3} {result.job:5} {'+'.join(result.planned):40} "
        f"{sum(result.took_s.values()):5.1f} s {result.took_s}, {verdict.events:5} events, {verdict.decisions:4} decisions, "
        f"exits {dict(result.exits)}, {dict(result.faults)}"
    )
    if not verdict.is_clean:
        text += f"\n  WRONG: {verdict}"
    return text


def _record(figures: dict[str, Any], seed: str) -> None:
    from benchmarks.results import refresh, section

    table = {name: value for name, value in figures.items() if name != "faults"}
    table |= {f"fault: {name}": count for name, count in figures["faults"].items()}
    refresh("Chaos", section("Chaos", f"make chaos ROUNDS={figures['rounds']} SEED={seed}", table))


if __name__ == "__main__":
    sys.exit(main())
