"""From runs to medians, spreads and ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from benchmarks.peers.contestants import COLD, HEATS, OURS, WARM
from benchmarks.peers.measure import Run

Runs = Mapping[str, Mapping[int, Run]]
"""Each heat's runs by number of the round."""
Rate = Callable[[Run], float]

VERDICTS = ("missing_events", "dup_records", "wrong_window", "records_with_wrong_counts")
"""What the checker counts; each is 0 for an exact run."""
PEERS = tuple(h.contestant.name for h in HEATS if h.group == COLD and not h.contestant.limit)[1:]
HEAD = ("job", "events", "events per CPU-s, start included", "steady", "first output s",
        "wall s", "peak RSS MB", "exact")  # fmt: skip
OURS_COLD, OURS_WARM = f"{OURS.name} {COLD}", f"{OURS.name} {WARM}"


def total(run: Run) -> float:
    """Events per CPU-second, start included."""
    return run.events_per_cpu_s


def steady(run: Run) -> float:
    """Events per CPU-second from the first output on."""
    return run.steady_events_per_cpu_s


def summary(runs: Runs) -> dict[str, Any]:
    """Return the figures of the last line; null: a side of the ratio did not run.

    Start is included on both sides of the ratios with 300,000 events, except that stock Faust,
    whose start would weigh ten times as much, is taken steady. The warm ones are steady.
    """
    fastest = _fastest(runs)
    return {
        "ours_events_per_cpu_s": _median(runs.get(OURS_COLD), total),
        "fastest_peer": fastest,
        "fastest_peer_events_per_cpu_s": _median(runs.get(f"{fastest} {COLD}"), total),
        **_ratio("ratio_fastest_peer", runs, (OURS_COLD, total), (f"{fastest} {COLD}", total)),
        "ours_warm_events_per_cpu_s": _median(runs.get(OURS_WARM), steady),
        **_ratio("ratio_warm_kafka_streams", runs, (OURS_WARM, steady), ("kstreams warm", steady)),
        **_ratio("ratio_faust", runs, (OURS_COLD, total), ("faust cold", steady)),
        **_ratio("ratio_raw", runs, (OURS_WARM, steady), ("raw warm", steady)),
        **_ratio("ratio_raw_300k", runs, (OURS_COLD, total), ("raw cold", total)),
    }


def rows(runs: Runs, inexact: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return a table row for each heat that ran."""
    return [
        [
            f"{heat.contestant.title}, {heat.group}", f"{heat.events:,}",
            _spread(runs[heat.key], total), _spread(runs[heat.key], steady),
            _short(run.first_output_s for run in runs[heat.key].values()),
            _short(run.wall_s for run in runs[heat.key].values()),
            f"{statistics.median(run.peak_rss_mb for run in runs[heat.key].values()):.0f}",
            "no state" if heat.contestant.limit else _verdict(inexact.get(heat.key)),
        ]
        for heat in HEATS if runs.get(heat.key)
    ]  # fmt: skip


def faults(verdict: Mapping[str, Any]) -> dict[str, int]:
    """Return what the checker found wrong, nothing for an exact run."""
    return {name: verdict[name] for name in VERDICTS if verdict[name]}


def _fastest(runs: Runs) -> str | None:
    rates = {name: _median(runs.get(f"{name} {COLD}"), total) or 0 for name in PEERS}
    best = max(rates, key=lambda name: rates[name])
    return best if rates[best] else None


def _ratio(
    name: str, runs: Runs, ours: tuple[str, Rate], peer: tuple[str, Rate]
) -> dict[str, float | list[float] | None]:
    """The ratio of the medians, and the least and greatest ratio of a round."""
    mine, theirs = runs.get(ours[0]) or {}, runs.get(peer[0]) or {}
    over, under = _median(mine, ours[1]), _median(theirs, peer[1])
    each = [ours[1](mine[n]) / peer[1](theirs[n]) for n in sorted(mine.keys() & theirs.keys())]
    if not over or not under or not each:
        return {name: None, f"{name}_spread": None}
    return {name: round(over / under, 3), f"{name}_spread": [round(f(each), 3) for f in (min, max)]}


def _median(runs: Mapping[int, Run] | None, rate: Rate) -> int | None:
    return round(statistics.median(map(rate, runs.values()))) if runs else None


def _spread(runs: Mapping[int, Run], rate: Rate) -> str:
    rates = [rate(run) for run in runs.values()]
    return f"**{statistics.median(rates):,.0f}** ({min(rates):,.0f} to {max(rates):,.0f})"


def _short(values: Iterable[float]) -> str:
    return f"{statistics.median(values):.1f}"


def _verdict(found: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{n} {name}" for name, n in found.items()) if found else "yes"
