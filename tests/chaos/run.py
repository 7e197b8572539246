"""`python -m chaos.run --rounds 100 --seed 1`: the long form; the last line on stdout is JSON.

``--cluster``: on three brokers, with faults of their own.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from chaos.cluster import Cluster
from chaos.faults import CLUSTER_FAULTS, FAULTS
from chaos.faults.fault import Fault
from chaos.rounds import Result, play
from chaos.trio import Trio

JOBS = ("shop", "shop", "count")
"""Every third round counts: one output per event; the others run the real pipeline."""
FAULTS_A_ROUND = 2
WRONG = ("lost", "duplicated", "state_differences", "law4_differences", "policy_violations")
TOTALS = ("events", *WRONG, "decisions", "recommendations")
Hand = tuple[int, str, list[str]]
"""Number, job and faults of a round."""


@dataclass(frozen=True, slots=True)
class Arena:
    """What rounds are played on, and the faults that strike there.

    ``recorded``: so many rounds make a result: it is written down, and no fault may be missing in it.
    """

    title: str
    command: str
    faults: Mapping[str, Fault]
    make: Callable[[Path], Cluster | Trio]
    recorded: int


ONE_BROKER = Arena("Chaos", "make chaos", FAULTS, Cluster, 100)
THREE_BROKERS = Arena("Chaos on a cluster of three", "make chaos-cluster", CLUSTER_FAULTS, Trio, 10)


def deal(rounds: int, seed: str, faults: Mapping[str, Fault]) -> Iterator[tuple[str, list[str]]]:
    """Yield job and fault names of each round: a shuffled deck, again and again, so all occur."""
    rng = random.Random(seed)
    deck: list[str] = []
    for number in range(rounds):
        job, hand = JOBS[number % len(JOBS)], []
        if len(deck) < len(faults):
            fresh = [name for name, fault in faults.items() for _ in range(fault.weight)]
            rng.shuffle(fresh)
            deck += fresh
        for name in deck:
            if faults[name].job in (None, job) and name not in hand:
                hand.append(name)
            if len(hand) == FAULTS_A_ROUND:
                break
        for name in hand:
            deck.remove(name)
        yield job, hand


def summary(
    arena: Arena, results: list[Result], failed: list[str], took_s: float
) -> dict[str, Any]:
    """Return the figures of a run."""
    totals: Counter[str] = Counter(dict.fromkeys(TOTALS, 0))
    faults: Counter[str] = Counter(dict.fromkeys(arena.faults, 0))
    for result in results:
        for name in TOTALS:
            totals[name] += getattr(result.verdict, name)
        faults.update(result.faults)
    return {
        "rounds": len(results),
        **totals,
        "unsettled_rounds": len(failed),
        "worker_restarts": sum(result.exits.total() for result in results),
        "took_s": round(took_s),
        "faults": dict(sorted(faults.items())),
    }


def passes(arena: Arena, figures: dict[str, Any], rounds: int) -> bool:
    """Whether all rounds were played, nothing was wrong, and (in a long run) no fault missed."""
    long = rounds >= arena.recorded
    missed = [name for name in arena.faults if long and not figures["faults"][name]]
    for name in missed:
        print(f"never happened: {name}", file=sys.stderr)
    return figures["rounds"] == rounds and not missed and not any(figures[name] for name in WRONG)


class Lane:
    """Plays rounds from a queue on a broker, or a cluster, of its own."""

    def __init__(self, arena: Arena, seed: str, home: Path, queue: SimpleQueue[Hand]) -> None:
        self.results: list[Result] = []
        self.failures: list[str] = []
        self._arena, self._seed, self._home, self._queue = arena, seed, home, queue

    def run(self) -> None:
        """Play until nothing is left."""
        cluster = self._arena.make(self._home / f"broker-{id(self)}")
        try:
            with suppress(Empty):
                while True:
                    self._play(cluster, *self._queue.get_nowait())
        finally:
            cluster.close()

    def _play(self, cluster: Cluster | Trio, number: int, job: str, hand: list[str]) -> None:
        try:
            faults = self._arena.faults
            result = play(number, self._seed, job, hand, faults, cluster, self._home)
        except Exception:  # a round that breaks is one that failed; the others go on
            text = f"round {number} ({job}, {hand}): {traceback.format_exc()}"
            self.failures.append(text)
        else:
            text = _line(result)
            self.results.append(result)
        print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Play the rounds that the command line asks for."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--lanes", type=int, default=2, help="rounds at a time: they mostly wait")
    parser.add_argument("--first", type=int, default=0, help="number of the first round played")
    parser.add_argument("--only", default="", help="comma-separated faults, instead of the deck")
    parser.add_argument("--cluster", action="store_true", help="three brokers instead of one")
    asked = parser.parse_args()
    arena = THREE_BROKERS if asked.cluster else ONE_BROKER
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every fault of ours
    began, home = time.monotonic(), Path(tempfile.mkdtemp(prefix="kairos-chaos-"))
    queue = _queue(arena, asked)
    lanes = [Lane(arena, asked.seed, home, queue) for _ in range(asked.lanes)]
    _play_all(lanes, queue)
    results = [result for lane in lanes for result in lane.results]
    failures = [text for lane in lanes for text in lane.failures]
    figures = summary(arena, results, failures, time.monotonic() - began)
    good = passes(arena, figures, asked.rounds)
    if asked.rounds >= arena.recorded:
        _record(arena, figures, asked.seed)
    if good:
        shutil.rmtree(home)
    else:
        print(f"the folders of the rounds that went wrong: {home}", file=sys.stderr)
    print(json.dumps(figures))
    return 0 if good else 1


def _queue(arena: Arena, asked: argparse.Namespace) -> SimpleQueue[Hand]:
    queue: SimpleQueue[Hand] = SimpleQueue()
    hands = list(deal(asked.rounds + asked.first, asked.seed, arena.faults))
    for number, (job, hand) in enumerate(hands[asked.first :], asked.first):
        queue.put((number, job, asked.only.split(",") if asked.only else hand))
    return queue


def _play_all(lanes: list[Lane], queue: SimpleQueue[Hand]) -> None:
    def stop(*_: object) -> None:
        """The rounds in play are played to their end, so that everything is cleaned up."""
        with suppress(Empty):
            while True:
                queue.get_nowait()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with ThreadPoolExecutor(len(lanes)) as pool:
        for played in [pool.submit(lane.run) for lane in lanes]:
            played.result()


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


def _record(arena: Arena, figures: dict[str, Any], seed: str) -> None:
    from benchmarks.results import keep

    table = {name: value for name, value in figures.items() if name != "faults"}
    table |= {f"fault: {name}": count for name, count in figures["faults"].items()}
    keep(arena.title, f"{arena.command} ROUNDS={figures['rounds']} SEED={seed}", table)


if __name__ == "__main__":
    sys.exit(main())
