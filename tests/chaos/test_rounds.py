"""The short form of `make chaos`: eleven rounds with the faults that differ most, then a plain count."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chaos import scene
from chaos.cluster import Cluster
from chaos.faults import FAULTS
from chaos.faults.fault import Fault
from chaos.faults.members import REFUSAL, shared_home
from chaos.fleet import Member
from chaos.rounds import play
from chaos.run import deal
from chaos.scene import Plan, Scene
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
    ("count", "corrupt_state", "terminate"),
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
    result = play(number, "short", job, faults, FAULTS, cluster, tmp_path, brief=True)
    assert result.verdict.is_clean, result.verdict
    assert [name for name in faults if not result.faults[name]] == [], "never happened"


def _two_rebalances_away(stage: Scene) -> None:
    """The only worker of a group at rest is to die in a rebalance: who started it thought of more."""
    first = stage.first()
    stage.fleet.kill(first)
    stage.fleet.restart(first, kill_in_rebalance=3)
    stage.fleet.wait_ready(first)


def _one_partition(plan: Plan, *_: object) -> None:
    plan.partitions = 1


def _without_work(stage: Scene) -> None:
    """A worker is to die in a commit, but another has the only partition by now."""
    first = stage.first()
    stage.fleet.kill(first)
    first.stopped = True
    stage.fleet.wait_ready(stage.fleet.start("heir"))
    stage.fleet.restart(first, kill_in_commit=1)


def _the_twin_gets_the_place(stage: Scene) -> None:
    """The first worker dies of the other fault while its twin starts, and finds its place taken."""
    start, first = stage.fleet.start, stage.first()

    def late(name: str, home: str | None = None, **points: object) -> Member:
        stage.fleet.kill(first)
        first.stopped = True
        twin = start(name, home, **points)
        stage.fleet.wait_ready(twin)
        stage.fleet.restart(first)
        return twin

    stage.fleet.start = late  # type: ignore[method-assign]
    shared_home(stage)
    stage.happened["first_refused"] += REFUSAL in stage.fleet.log(first.name).read_bytes()


@pytest.mark.kafka
@pytest.mark.timeout(600)
def test_of_two_workers_on_one_data_directory_either_may_be_the_one_that_refuses(
    cluster, tmp_path, monkeypatch
):
    fault = Fault("shared_home", strike=_the_twin_gets_the_place)
    monkeypatch.setitem(FAULTS, fault.name, fault)
    result = play(0, "twin", "count", [fault.name], FAULTS, cluster, tmp_path, brief=True)
    assert result.faults["first_refused"] == 1
    assert result.verdict.is_clean, result.verdict


OUT_OF_REACH = (
    Fault("kill_in_rebalance", strike=_two_rebalances_away, told=True),
    Fault("kill_in_commit", _one_partition, _without_work, told=True),
)


@pytest.mark.kafka
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", OUT_OF_REACH, ids=lambda fault: fault.name)
def test_a_planted_kill_that_nothing_leads_to_is_brought_about(
    cluster, tmp_path, monkeypatch, fault
):
    monkeypatch.setitem(FAULTS, fault.name, fault)
    monkeypatch.setattr(scene, "STIR_S", 8.0)  # a little longer than a session
    seed = f"out of reach {fault.name}".replace(" ", "-")
    result = play(0, seed, "count", [fault.name], FAULTS, cluster, tmp_path, brief=True)
    assert result.faults[fault.name] == 1
    assert result.verdict.is_clean, result.verdict


@given(st.text(max_size=5))
def test_a_hundred_rounds_deal_every_fault(seed):
    hands = list(deal(100, seed, FAULTS))
    assert {name for _, hand in hands for name in hand} == set(FAULTS)
    assert all(FAULTS[name].job in (None, job) for job, hand in hands for name in hand)
    assert all(len(set(hand)) == 2 for _, hand in hands)
