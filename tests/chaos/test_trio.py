"""The short form of `make chaos-cluster`, and a count of its deck."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chaos.faults import CLUSTER_FAULTS
from chaos.rounds import play
from chaos.run import THREE_BROKERS, deal
from chaos.trio import Trio
from hypothesis import given
from hypothesis import strategies as st

ROUNDS = (
    ("shop", "kill_transaction_coordinator", "terminate_leader"),
    ("count", "two_down", "worker_and_broker"),
)


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    made = Trio(tmp_path_factory.mktemp("chaos") / "brokers")
    yield made
    made.close()


@pytest.mark.kafka
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(len(ROUNDS)), ids=map("-".join, ROUNDS))
def test_nothing_is_lost_and_nothing_counts_twice_on_three_brokers(trio, tmp_path, number):
    job, *faults = ROUNDS[number]
    result = play(number, "short", job, faults, CLUSTER_FAULTS, trio, tmp_path, brief=True)
    assert result.verdict.is_clean, result.verdict
    assert [name for name in faults if not result.faults[name]] == [], "never happened"


@given(st.text(max_size=5))
def test_the_rounds_that_are_recorded_deal_every_fault(seed):
    hands = [hand for _, hand in deal(THREE_BROKERS.recorded, seed, CLUSTER_FAULTS)]
    assert {name for hand in hands for name in hand} == set(CLUSTER_FAULTS)
