"""The doctor: each finding right, each problem with what to do about it."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from aiokafka.structs import ConsumerRecord

from streams.engine.cover import Cover
from streams.engine.topics import create_topics
from streams.offline.replay import partition_of
from streams.operate.tools import doctor
from streams.operate.tools.feed import producing
from streams.settings import Settings, load_settings
from streams.state.marker import Marker

MODERN = {1: 17, 22: 5, 25: 4, 28: 5}


def record(
    key: bytes | None, partition: int, topic: str = "clicks"
) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(topic, partition, 0, 0, 0, key, b"{}", None, 0, 0, [])


def test_keys_where_they_belong_are_fine() -> None:
    keys = [b"u%d" % i for i in range(100)]
    found = doctor.judge_keys([record(key, partition_of(key, 4)) for key in keys], {"clicks": 4})
    assert found.ok


def test_a_key_on_a_strange_partition_is_a_problem_with_a_remedy() -> None:
    stray = record(b"u1", (partition_of(b"u1", 4) + 1) % 4)
    found = doctor.judge_keys([stray], {"clicks": 4})
    assert not found.ok
    assert "1 lie on an unexpected partition" in found.sentence
    assert "murmur2" in found.remedy


def test_a_record_without_key_is_a_problem() -> None:
    found = doctor.judge_keys([record(None, 0)], {"clicks": 4})
    assert not found.ok
    assert "1 have no key" in found.sentence


def test_a_short_secret_is_a_problem_with_a_remedy() -> None:
    found = doctor.check_secret(Settings(secret="kettle"))
    assert not found.ok
    assert "kettle" not in found.sentence
    assert "openssl rand" in found.remedy
    assert doctor.check_secret(Settings(secret="k" * 16)).ok
    assert doctor.check_secret(Settings()).ok


def test_the_starter_is_named_as_such() -> None:
    found = doctor.check_bundle(Settings())
    assert found.ok
    assert "the starter" in found.sentence
    assert "kairos train" in found.remedy


def test_a_catalogue_that_knows_less_than_half_is_warned_of() -> None:
    poor, enough = doctor.judge_cover(Cover(3, 1)), doctor.judge_cover(Cover(2, 1))
    assert "1 of 3 items" in poor.sentence
    assert "unknown_items" in poor.remedy
    assert not enough.remedy


def test_no_records_are_no_problem() -> None:
    assert doctor.judge_keys([], {}).ok


@pytest.mark.parametrize("api", [22, 25, 28])
def test_a_broker_without_transactions_is_a_problem(api: int) -> None:
    found = doctor.judge_broker(1, {k: v for k, v in MODERN.items() if k != api})
    assert not found.ok
    assert str(api) in found.sentence


def test_an_old_broker_is_named_as_untested() -> None:
    assert "3.5 or newer" in doctor.judge_broker(3, MODERN).sentence
    assert "not tested" in doctor.judge_broker(3, {**MODERN, 1: 13}).sentence


def test_a_missing_bundle_is_a_problem(tmp_path: Path) -> None:
    found = doctor.check_bundle(load_settings({}, bundle=str(tmp_path)))
    assert not found.ok
    assert "kairos train" in found.remedy


def test_disk_is_looked_at_where_the_data_will_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = load_settings({}, data_dir=str(tmp_path / "not" / "yet"))
    assert str(tmp_path) in doctor.check_disk(own).sentence
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 2**80)
    assert not doctor.check_disk(own).ok


async def test_without_a_broker_the_rest_is_still_looked_at(tmp_path: Path) -> None:
    own = load_settings({}, broker="127.0.0.1:1", data_dir=str(tmp_path))
    found = {finding.what: finding for finding in await doctor.look_over(own)}
    assert not found["broker"].ok
    assert found["broker"].remedy
    assert set(found) == {"settings", "bundle", "secret", "disk", "not wired", "broker"}


@pytest.fixture
async def own(broker: str, tmp_path: Path) -> Settings:
    name = uuid.uuid4().hex[:8]
    return load_settings(
        {}, broker=broker, topic_prefix=f"{name}.", app_id=name, data_dir=str(tmp_path)
    )


@pytest.mark.kafka
async def test_a_new_deployment_lacks_its_topics_then_is_fine(own: Settings) -> None:
    before = {finding.what: finding for finding in await doctor.look_over(own)}
    assert before["broker"].ok
    assert not before["topics"].ok
    await create_topics(own)
    after = {finding.what: finding for finding in await doctor.look_over(own)}
    assert after["topics"].ok
    assert after["keys"].ok


@pytest.mark.kafka
async def test_only_the_newest_records_are_sampled_and_strays_found(own: Settings) -> None:
    await create_topics(own)
    async with producing(own) as producer:
        for i in range(doctor.SAMPLE + 50):
            await producer.send(own.topic("clicks"), b"{}", b"u1", partition=i % own.partitions)
    found = await doctor.check_keys(own)
    assert not found.ok
    home = partition_of(b"u1", own.partitions)
    per_partition = [len(range(p, doctor.SAMPLE + 50, 4)) for p in range(4)]
    strays = sum(n for p, n in enumerate(per_partition) if p != home)
    assert f"{strays} lie on an unexpected partition" in found.sentence


def test_users_who_are_set_aside_are_a_problem_named_by_pseudonym() -> None:
    marker = Marker(set_aside=[b"\xab" * 16], counts={"dead_letters.internal_error": 2})
    found = doctor.judge_set_aside({0: Marker(), 3: marker})
    assert not found.ok
    assert "1 users, 2 records" in found.sentence
    assert "ab" * 16 in found.sentence
    assert "kairos user release" in found.remedy


def test_internal_errors_are_told_and_are_no_problem_for_ever() -> None:
    counts = {"dead_letters.internal_error": 2, "suppressed.internal_error": 3}
    found = doctor.judge_set_aside({0: Marker(counts=counts), 1: Marker(counts=counts)})
    assert found.ok
    assert "0 users, 10 records" in found.sentence
    assert found.remedy
    assert doctor.judge_set_aside({}).remedy == ""


def test_what_readers_of_shared_topics_skip_is_told() -> None:
    assert doctor.judge_skipped({}).ok
    found = doctor.judge_skipped({"signals": 1, "catalog": 2})
    assert "2 of catalog, 1 of signals" in found.sentence


def test_a_partition_that_is_ahead_is_a_problem_with_a_remedy() -> None:
    assert doctor.judge_partitions([]).ok
    found = doctor.judge_partitions([2, 5])
    assert not found.ok
    assert "[2, 5]" in found.sentence
    assert "kairos time back" in found.remedy


def test_what_became_of_the_catalogue_is_told() -> None:
    fine = doctor.judge_accounts({"consumed": 3, "accepted": 3})
    assert not fine.remedy
    found = doctor.judge_accounts({"consumed": 3, "accepted": 2, "dead_letters": 1, "partial": 4})
    assert found.sentence == "records of catalog: consumed 3, accepted 2, dead_letters 1, partial 4"
    assert "kairos item" in found.remedy
