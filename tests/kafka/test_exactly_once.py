"""Law 3 on a real broker: each test counts with a read_committed reader against a plain count."""

from __future__ import annotations

import signal
import time

import pytest

pytestmark = pytest.mark.kafka

SLOW = {"COUNTING_SLOW_S": "0.0005"}


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(deployment) -> None:
    deployment.produce(6_000)
    first = deployment.start(**SLOW, COUNTING_ABORTS="0.2")
    deployment.wait_for_outputs(1_000)
    first.kill()
    first.wait()
    assert len(deployment.outputs()) < 6_000
    second = deployment.start(**SLOW)  # same local state
    deployment.wait_for_outputs(3_000)
    second.kill()
    second.wait()
    deployment.start("b")  # none: everything comes from the changelog
    deployment.wait_for_outputs(6_000)
    deployment.assert_exact()


def test_a_worker_that_joins_and_leaves_loses_and_doubles_nothing(deployment) -> None:
    deployment.produce(12_000)
    stays = deployment.start("a", **SLOW)
    deployment.wait_for_outputs(500)
    guest = deployment.start("b", **SLOW)
    deployment.wait_for(lambda: "Worker ready" in deployment.log("b").read_text(), 30)
    time.sleep(1)
    deployment.stop(guest)
    deployment.wait_for_outputs(12_000)
    assert stays.poll() is None, deployment.tail()
    deployment.assert_exact()


def test_a_worker_that_wakes_up_replaced_is_fenced(deployment) -> None:
    deployment.produce(6_000)
    zombie = deployment.start("a", **SLOW)
    deployment.wait_for_outputs(1_000)
    zombie.send_signal(signal.SIGSTOP)
    deployment.start("b", **SLOW)
    deployment.wait_for_outputs(3_000)
    zombie.send_signal(signal.SIGCONT)
    assert zombie.wait(20) != 0, deployment.tail()
    deployment.wait_for_outputs(6_000)
    deployment.assert_exact()


def test_what_gets_lost_inside_a_worker_is_read_again(deployment) -> None:
    deployment.produce(6_000)
    lossy = {**SLOW, "COUNTING_DROPS": "0.3"}
    first = deployment.start("a", **lossy)
    deployment.wait_for_outputs(2_000)
    first.kill()
    first.wait()
    deployment.start("b", **lossy)  # recovers from a changelog it fetches with losses
    deployment.wait_for_outputs(4_000)
    deployment.start("a", **lossy)
    deployment.wait_for_outputs(6_000)
    deployment.assert_exact()


def test_what_is_fetched_before_the_seek_of_a_rebalance_is_read_again(deployment) -> None:
    """Nothing was ever committed, and no later record tells of the missing ones."""
    late = {"COUNTING_SEEK_DELAY_S": "4"}
    deployment.start("a", **late)
    seeking = "Seek stream partitions"
    deployment.wait_for(lambda: "Worker ready" in deployment.log("a").read_text())
    deployment.start("b", **late)
    deployment.wait_for(lambda: deployment.log("a").read_text().count(seeking) >= 2)
    deployment.produce(600)
    deployment.wait_for_outputs(600)
    deployment.assert_exact()
