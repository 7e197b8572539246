"""The short form of `make chaos`: ten rounds with the faults that differ most, then a plain count."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chaos.cluster import Cluster
from chaos.faults import FAULTS
from chaos.rounds import play
from chaos.run import deal
from hypothesis import given
from hypothesis import strategies as st

ROUNDS = (
    ("shop", "kill_in_commit", "connection_cut"),
    ("count", "kill_in_write", "fencing"),
    ("shop", "zombie", "resent_batches"),
    ("count", "stop_meanwhile", "aborted_input"),
    ("shop", "compacted_input", "kill_anywhere"),
    ("shop", "slow_disk", "join_and_leave"),
    ("count", "kill_in_rebalance", "aborts"),
    ("shop", "delayed_seek", "cancelled_batch"),
    ("count", "kill_in_recovery", "drops"),
    ("shop", "shared_home", "cancelled_agent"),
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("chaos") / "broker")
    yield made
    made.close()


@pytest.mark.kafka
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("number", range(len(ROUNDS)), ids=map("-".join, ROUNDS))
def test_nothing_is_lost_and_nothing_counts_twice(cluster, tmp_path, number):
    job, *faults = ROUNDS[number]
    result = play(number, "short", job, faults, cluster, tmp_path, brief=True)
    assert result.verdict.is_clean, result.verdict
    assert [name for name in faults if not result.faults[name]] == [], "never happened"


@given(st.text(max_size=5))
def test_a_hundred_rounds_deal_every_fault(seed):
    hands = list(deal(100, seed))
    assert {name for _, hand in hands for name in hand} == set(FAULTS)
    assert all(FAULTS[name].job in (None, job) for job, hand in hands for name in hand)
    assert all(len(set(hand)) == 2 for _, hand in hands)
