"""The changelog loses data while the group's offsets stay: nothing is counted twice, ever."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import pytest
from aiokafka import AIOKafkaProducer
from support.topics import configure, cut, make_again

pytestmark = pytest.mark.kafka

EVENTS = 300


def changelog(deployment) -> str:
    return f"{deployment.settings.app_id}-state-changelog"


def processed(deployment) -> None:
    """Everything is processed, the worker stopped."""
    deployment.produce(EVENTS)
    worker = deployment.start("a")
    deployment.wait_for_outputs(EVENTS)
    deployment.stop(worker)


def refusal(deployment, home: str) -> str:
    """Start a worker that must end; return what it said."""
    worker = deployment.start(home)
    assert worker.wait(45) not in (0, None), deployment.tail()
    log = deployment.log(home).read_text()
    assert "Traceback" not in log
    assert "`kairos recover` says what can be done" in log
    return log


def test_a_changelog_made_anew_under_committed_offsets_is_refused(deployment) -> None:
    processed(deployment)
    make_again(deployment.settings, changelog(deployment))
    log = refusal(deployment, "b")
    assert f"topic {changelog(deployment)} partition" in log
    assert "contains" in log
    assert "but the group has committed" in log
    assert len(deployment.outputs()) == EVENTS


def test_a_changelog_that_was_cut_is_refused(deployment) -> None:
    processed(deployment)
    settings, topic = deployment.settings, changelog(deployment)
    configure(settings, topic, cleanup_policy="delete")
    cut(settings, topic, dict.fromkeys(range(settings.partitions), -1))
    configure(settings, topic, cleanup_policy="compact")
    assert "but the group has committed" in refusal(deployment, "b")
    assert len(deployment.outputs()) == EVENTS


def test_local_state_behind_a_shorter_changelog_is_not_to_be_removed(deployment) -> None:
    processed(deployment)
    make_again(deployment.settings, changelog(deployment))
    log = refusal(deployment, "a")
    assert "Keep the data directory" in log
    assert "removing the RocksDB" not in log
    assert len(deployment.outputs()) == EVENTS


def test_a_live_worker_whose_changelog_is_made_anew_ends_and_commits_nothing_more(
    deployment,
) -> None:
    deployment.produce(EVENTS)
    worker = deployment.start("a")
    deployment.wait_for_outputs(EVENTS)
    make_again(deployment.settings, changelog(deployment))
    deployment.produce(EVENTS)
    assert worker.wait(60) != 0, deployment.tail()
    log = deployment.log("a").read_text()
    assert f"topic {changelog(deployment)}" in log
    assert "`kairos recover` says what can be done" in log
    assert len(deployment.outputs()) == EVENTS
    refusal(deployment, "b")
    assert len(deployment.outputs()) == EVENTS


def test_a_live_worker_on_quiet_topics_ends_when_its_changelog_is_made_anew(deployment) -> None:
    deployment.produce(EVENTS)
    worker = deployment.start("a", KAIROS_TICK_MS="60000")
    deployment.wait_for_outputs(EVENTS)
    made_again_once_watched(deployment, changelog(deployment))
    assert worker.wait(60) != 0, deployment.tail()
    log = deployment.log("a").read_text()
    assert (
        f"topic {changelog(deployment)} was deleted and made again under a worker's state; keep"
        in log
    )


def test_a_live_worker_ends_when_an_input_topic_is_made_anew(deployment) -> None:
    """It would read the new records from offset 0 on and drop them as known."""
    deployment.produce(EVENTS)
    worker = deployment.start("a")
    deployment.wait_for_outputs(EVENTS)
    clicks = deployment.settings.topic("clicks")
    made_again_once_watched(deployment, clicks)
    deployment.produce(EVENTS, ("clicks",))
    assert worker.wait(60) != 0, deployment.tail()
    log = deployment.log("a").read_text()
    assert (
        f"topic {clicks} was deleted and made again under a worker's state; start with another"
        in log
    )
    assert len(deployment.outputs()) == EVENTS


def made_again_once_watched(deployment, topic: str) -> None:
    """The first look at the topics is taken when the worker is ready."""
    deployment.wait_for(lambda: "Worker ready" in deployment.log("a").read_text())
    time.sleep(2)
    make_again(deployment.settings, topic)


def kairos_recover(deployment, home: str, *options: str) -> tuple[int, str]:
    """Run the command on a worker's directory; return its exit code and what it said."""
    settings = deployment.settings
    done = subprocess.run(
        [sys.executable, "-c", "from streams.operate.cli import main; main()", "recover", *options],
        env={
            **os.environ,
            "KAIROS_BROKER": settings.broker,
            "KAIROS_APP_ID": settings.app_id,
            "KAIROS_TOPIC_PREFIX": settings.topic_prefix,
            "KAIROS_DATA_DIR": str(deployment.folder / home),
            "KAIROS_CATCH_UP": settings.catch_up,
        },
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_whole_local_copy_is_written_back_and_every_worker_goes_on_exactly(deployment) -> None:
    processed(deployment)
    make_again(deployment.settings, changelog(deployment))
    code, said = kairos_recover(deployment, "a")
    assert (code, said.count("--repair writes it back")) == (1, 4)
    code, said = kairos_recover(deployment, "elsewhere", "--repair")
    assert (code, said.count("there is no whole copy")) == (1, 4)
    assert kairos_recover(deployment, "a", "--repair")[0] == 0
    assert kairos_recover(deployment, "a")[1].count("fine") == 4
    deployment.produce(EVENTS)
    first = deployment.start("a")
    deployment.wait_for_outputs(2 * EVENTS)
    deployment.stop(first)
    deployment.produce(EVENTS)
    deployment.start("b")  # everything comes from the changelog
    deployment.wait_for_outputs(3 * EVENTS)
    deployment.assert_exact()


def test_counting_again_is_done_only_when_it_is_asked_for_and_by_nobody_at_work(deployment) -> None:
    deployment.produce(EVENTS)
    worker = deployment.start("a")
    deployment.wait_for_outputs(EVENTS)
    code, said = kairos_recover(deployment, "b", "--count-again")
    assert (code, "has 1 member(s): stop its workers first" in said) == (2, True)
    deployment.stop(worker)
    make_again(deployment.settings, changelog(deployment))
    code, said = kairos_recover(deployment, "b")
    assert (code, "are counted and, with catch_up=speak, published a second time" in said) == (
        1,
        True,
    )
    assert kairos_recover(deployment, "b", "--count-again")[0] == 0
    deployment.start("b")
    deployment.wait_for_outputs(2 * EVENTS)


def test_local_state_of_a_changelog_that_was_made_anew_and_has_grown_since_is_refused(
    deployment,
) -> None:
    """While the worker was down others went on: by its length the new log could be the old one."""
    processed(deployment)
    make_again(deployment.settings, changelog(deployment))
    assert kairos_recover(deployment, "b", "--count-again")[0] == 0
    deployment.produce(2 * EVENTS)
    other = deployment.start("b")
    deployment.wait_for_outputs(4 * EVENTS)
    deployment.stop(other)
    log = refusal(deployment, "a")
    assert f"topic {changelog(deployment)} was deleted and made again under a worker's state" in log
    assert kairos_recover(deployment, "a")[1].count("of a log that is gone, --repair removes") == 4
    assert kairos_recover(deployment, "a", "--repair")[0] == 0
    deployment.produce(EVENTS)
    deployment.start("a")
    deployment.wait_for_outputs(5 * EVENTS)


def test_a_transaction_that_hangs_in_the_changelog_is_named_and_nothing_is_done(deployment) -> None:
    processed(deployment)
    settings, topic = deployment.settings, changelog(deployment)
    end = asyncio.run(_left_open(settings, topic))
    code, said = kairos_recover(deployment, "a")
    assert (code, said.count("fine")) == (1, 3)
    assert f"--topic {topic} --partition 2 --start-offset {end}`" in said
    code, said = kairos_recover(deployment, "a", "--count-again")
    assert (code, "nothing was changed: a transaction is open" in said) == (2, True)


async def _left_open(settings, topic: str) -> int:
    """Leave a transaction open in partition 2; return the offset at which it begins."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker, transactional_id="hangs", transaction_timeout_ms=600_000
    )
    await producer.start()
    await producer.begin_transaction()
    sent = await producer.send_and_wait(topic, b"row", b"Uopen", partition=2)
    await producer.stop()  # without an abort, as a process that died
    return sent.offset
