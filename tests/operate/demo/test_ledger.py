"""The ledger: the newest marker of each partition, from a real changelog."""

from __future__ import annotations

import asyncio
import uuid

import msgspec
import pytest

from streams.engine.topics import CHANGELOG, create_topics
from streams.operate.demo.ledger import Ledger, following
from streams.operate.tools.feed import producing
from streams.settings import load_settings
from streams.state.marker import Marker
from streams.state.store import MARKER


def marker(consumed: int, offset: int) -> bytes:
    return msgspec.msgpack.encode(
        Marker(counts={"consumed": consumed}, next_offsets={"clicks": offset})
    )


def test_a_newer_marker_replaces_the_older_one_of_its_partition() -> None:
    ledger = Ledger()
    for partition, consumed in ((0, 5), (1, 7), (0, 6)):
        ledger.take(partition, MARKER, marker(consumed, 0))
    assert ledger.counts() == {"consumed": 13}


def test_other_rows_are_not_markers() -> None:
    ledger = Ledger()
    assert ledger.take(0, b"Uuser", b"row") is None
    assert ledger.take(0, MARKER, None) is None
    assert ledger.counts() == {}


@pytest.mark.kafka
async def test_commits_are_followed_and_aborts_are_not(broker: str) -> None:
    own = load_settings({}, broker=broker, app_id=uuid.uuid4().hex[:8], partitions=2)
    await create_topics(own)
    changelog = f"{own.app_id}-{CHANGELOG}"
    told: list[tuple[int, dict[str, int]]] = []
    async with (
        following(own, lambda partition, offsets, _at: told.append((partition, offsets))) as ledger,
        producing(own, transactional_id=own.app_id) as producer,
    ):
        for consumed, commit in ((3, True), (99, False), (4, True)):
            await producer.begin_transaction()
            await producer.send(changelog, marker(consumed, consumed), MARKER, partition=1)
            await (producer.commit_transaction() if commit else producer.abort_transaction())
        async with asyncio.timeout(20):
            while len(told) < 2:
                await asyncio.sleep(0.02)
    assert told == [(1, {"clicks": 3}), (1, {"clicks": 4})]
    assert ledger.counts() == {"consumed": 4}
