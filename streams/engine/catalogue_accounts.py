"""The one worker that learns accounts for the catalogue: what does not count is a dead letter, exactly once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from mode import Service

from schemas.tables import Output, SourceRecord
from streams.engine.client import source_record, transactional_producer
from streams.engine.topics import expected
from streams.settings import Settings
from streams.shared.blame import NEVER_THE_INPUT, blamed

IDLE_S = 0.5
"""Pause between looks at whether this worker is the one."""
AGAIN_S = 5.0
"""Pause before it starts over after a failure."""
MOST = 500
"""Records accounted for in one transaction."""

Letters = Callable[[SourceRecord], list[Output]]
"""Returns the dead letters of a catalogue record; none: all of it counts."""
Counts = dict[str, int]


def group_of(settings: Settings) -> str:
    """Return the consumer group whose offsets say how far the catalogue is accounted for."""
    return f"{settings.app_id}-catalog"


def read_counts(found: OffsetAndMetadata | None) -> Counts:
    """Return what was counted of a partition so far: it is kept beside its offset."""
    try:
        return msgspec.json.decode(found.metadata if found else "{}", type=Counts)
    except msgspec.MsgspecError:
        return {}


class CatalogueAccounts(Service):
    """Reads `catalog` from where its group is; letters and offsets are one transaction.

    Its transactional id fences an older one, whose offsets it then reads: no letter is written twice.
    """

    def __init__(self, app: Any, settings: Settings, letters: Letters, **kwargs: Any) -> None:
        self._app, self._settings, self._letters = app, settings, letters
        self._places = _places(settings)
        super().__init__(**kwargs)

    def _is_mine(self) -> bool:
        return not self.should_stop and 0 in self._app.consumer.owned()

    @Service.task
    async def _work(self) -> None:
        while not self.should_stop:
            await self.sleep(IDLE_S)
            if self._is_mine() and self._app.engine.ready.is_set():
                try:
                    await self._account()
                except (KafkaError, *NEVER_THE_INPUT) as error:
                    self.log.warning("Accounts of the catalogue start over: %r", error)
                except BaseException as error:  # a panic of Rust code is no Exception
                    self.log.warning("Accounts of the catalogue start over: %s", blamed(error))
                    await self.sleep(AGAIN_S)

    async def _account(self) -> None:
        group = group_of(self._settings)
        producer = transactional_producer(self._settings, group)
        consumer = _consumer(self._settings)
        try:
            await producer.start()  # fences the one before, so its offsets are the last
            await consumer.start()
            consumer.assign(self._places)
            counts = await _counted(consumer, self._places)
            while self._is_mine():
                fetched = await consumer.getmany(timeout_ms=1_000, max_records=MOST)
                if any(fetched.values()):
                    await self._commit(producer, fetched, counts)
        finally:
            await consumer.stop()
            await producer.stop()

    async def _commit(
        self,
        producer: Any,
        fetched: dict[TopicPartition, list[Any]],
        counts: dict[TopicPartition, Counter[str]],
    ) -> None:
        found = await asyncio.to_thread(self._judged, fetched, counts)
        async with producer.transaction():
            for letter in found:
                await self._send(producer, letter)
            offsets = {
                place: OffsetAndMetadata(
                    records[-1].offset + 1, msgspec.json.encode(counts[place]).decode()
                )
                for place, records in fetched.items()
                if records
            }
            await producer.send_offsets_to_transaction(offsets, group_of(self._settings))

    def _judged(
        self,
        fetched: dict[TopicPartition, list[Any]],
        counts: dict[TopicPartition, Counter[str]],
    ) -> list[Output]:
        """Count the records; return their letters."""
        found = []
        for place, records in fetched.items():
            for record in records:
                letters = self._letters(source_record(record))
                counts[place] += _counted_in(letters)
                found += letters
        return found

    async def _send(self, producer: Any, letter: Output) -> None:
        # aiokafka would commit even if the broker refused a record: wait for each
        await producer.send_and_wait(
            self._settings.topic(letter.topic), letter.value, key=letter.key,
            headers=list(letter.headers),
        )  # fmt: skip


async def read_accounts(settings: Settings) -> Counts:
    """Return what was counted so far: consumed = accepted + dead_letters, partial apart.

    Raises:
        KafkaError: the broker does not answer.
    """
    consumer = _consumer(settings)
    try:
        await consumer.start()
        counts = await _counted(consumer, _places(settings))
    finally:
        await consumer.stop()
    return dict(sum(counts.values(), Counter()))


def _consumer(settings: Settings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        group_id=group_of(settings),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=1_000,
    )


def _places(settings: Settings) -> list[TopicPartition]:
    topic = settings.topic("catalog")
    count = expected(settings)[topic].num_partitions
    return [TopicPartition(topic, number) for number in range(count)]


async def _counted(
    consumer: AIOKafkaConsumer, places: list[TopicPartition]
) -> dict[TopicPartition, Counter[str]]:
    found = await consumer._coordinator.fetch_committed_offsets(places)
    return {place: Counter(read_counts(found.get(place))) for place in places}


def _counted_in(letters: list[Output]) -> Counter[str]:
    """Count a record once, as accepted or as a dead letter; the fields it was accepted without apart."""
    headers = [dict(letter.headers) for letter in letters]
    partial = sum("kairos-partial" in each for each in headers)
    refused = len(letters) - partial
    return Counter(
        {"consumed": 1, "accepted": 1 - refused, "dead_letters": refused, "partial": partial}
    )
