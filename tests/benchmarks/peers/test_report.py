"""Ratios are of medians; a side that did not run makes them null."""

from __future__ import annotations

from benchmarks.peers.measure import Run
from benchmarks.peers.report import faults, rows, summary


def run(events: int, cpu_s: float, steady_cpu_s: float | None = None) -> Run:
    return Run(events, 1.0, cpu_s, steady_cpu_s or cpu_s, 0.5, 100.0)


ROUNDS = {
    "ours cold": {0: run(300, 1.0), 1: run(300, 3.0), 2: run(300, 2.0)},
    "bytewax cold": {0: run(300, 10.0), 1: run(300, 12.0), 2: run(300, 30.0)},
    "flink cold": {n: run(300, 40.0, 1.0) for n in range(3)},
    "raw cold": {n: run(300, 0.5) for n in range(3)},
}


def test_the_fastest_peer_is_the_one_with_the_best_median_start_included() -> None:
    found = summary(ROUNDS)
    assert (found["fastest_peer"], found["fastest_peer_events_per_cpu_s"]) == ("bytewax", 25)


def test_a_ratio_is_of_the_medians_and_its_spread_of_the_rounds() -> None:
    found = summary(ROUNDS)
    assert found["ratio_fastest_peer"] == 6.0
    assert found["ratio_fastest_peer_spread"] == [4.0, 15.0]


def test_a_round_that_one_side_did_not_finish_counts_in_no_ratio() -> None:
    ours = {1: run(300, 1.0), 2: run(300, 2.0)}
    found = summary({"ours cold": ours, "bytewax cold": {0: run(300, 9.0), 2: run(300, 10.0)}})
    assert found["ratio_fastest_peer_spread"] == [5.0, 5.0]


def test_the_limit_is_no_peer() -> None:
    found = summary(ROUNDS)
    assert found["fastest_peer"] != "raw"
    assert found["ratio_raw_300k"] == 0.25


def test_what_did_not_run_has_no_ratio() -> None:
    found = summary(ROUNDS)
    assert found["ratio_faust"] is None
    assert found["ratio_warm_kafka_streams"] is None


def test_stock_faust_is_taken_without_its_start() -> None:
    found = summary({"ours cold": {0: run(300, 1.0)}, "faust cold": {0: run(30, 20.0, 15.0)}})
    assert found["ratio_faust"] == 150.0


def test_an_inexact_run_says_so_in_the_table() -> None:
    wrong = faults({"missing_events": 0, "dup_records": 3, "wrong_window": 0,
                    "records_with_wrong_counts": 0, "in_events": 300})  # fmt: skip
    table = rows(ROUNDS, {"bytewax cold": wrong})
    assert [row[-1] for row in table] == ["yes", "3 dup_records", "yes", "no state"]
