"""One Kafka transaction per batch: changelog rows, outputs and source offsets, all or nothing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import TopicPartition
from faust.transport.consumer import TransactionManager

from schemas.tables import Output
from streams.engine.producer import fill

Sent = list[tuple[Any, int]]
"""Per batch handed to the producer: the acknowledgement to come, and its records."""
NO_OFFSET = -1


class AbortedError(Exception):
    """The transaction was aborted cleanly: nothing of the batch happened."""


class FatalError(Exception):
    """The worker was fenced, or cannot know what became of a transaction: it must end."""


@dataclass(slots=True, frozen=True)
class Commit:
    """What one transaction writes. ``offsets``: topic -> next offset to read."""

    partition: int
    changelog: str
    rows: Mapping[bytes, bytes | None]
    outputs: list[Output]
    offsets: Mapping[str, int]


class BatchTransactions(TransactionManager):
    """Owns a producer ``<app id>-<partition>`` per partition of this worker.

    Starting it fences whoever owned the partition before, and ends its open transaction.
    """

    def on_init(self) -> None:
        """Start with no producer."""
        self._producers: dict[int, Any] = {}
        self.dead = False

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        """Let the transactions at work finish before another worker takes over."""
        await self.app.engine.idle()

    async def on_rebalance(
        self, assigned: set[Any], revoked: set[Any], newly_assigned: set[Any]
    ) -> None:
        """Start the producers of the assigned partitions, before their offsets are read."""
        await self.app.engine.idle()
        self.app.engine.forget()
        await self._stop_producers()
        topics = self.app.options.topics
        mine = {tp.partition for tp in assigned if tp.topic in topics}
        await asyncio.gather(*map(self._start_producer, sorted(mine)))

    async def on_stop(self) -> None:
        """Stop the producers."""
        await self._stop_producers()
        await super().on_stop()

    async def _start_producer(self, partition: int) -> None:
        name = f"{self.app.conf.id}-{partition}"
        producer = self.producer._new_producer(transactional_id=name)
        await producer.start()
        self._producers[partition] = producer

    async def _stop_producers(self) -> None:
        producers, self._producers = list(self._producers.values()), {}
        await asyncio.gather(*(producer.stop() for producer in producers))

    def owns(self, partition: int) -> bool:
        """Whether this worker may commit for a partition."""
        return not self.dead and partition in self._producers

    async def transact(self, commit: Commit) -> int:
        """Commit, and return the changelog offset of the last row (`NO_OFFSET`: not known).

        Raises:
            AbortedError: nothing happened; read the batch again.
            FatalError: fenced, outcome unknown, or a bug: the worker is dead and ends.
        """
        if not self.owns(commit.partition):
            raise FatalError(f"not the owner of partition {commit.partition}")
        producer = self._producers[commit.partition]
        try:
            await producer.begin_transaction()
            last = await self._send(producer, commit)
        except ProducerFenced as error:
            raise await self._die(error) from error
        except KafkaError as error:
            await self._abort(commit.partition, producer)
            raise AbortedError(repr(error)) from error
        except BaseException as error:  # a bug or a cancellation, not a broker's answer
            raise await self._die(error) from error
        try:
            await producer.commit_transaction()
        except BaseException as error:  # outcome unknown: the log knows it, after a restart
            raise await self._die(error) from error
        return last

    async def _send(self, producer: Any, commit: Commit) -> int:
        """Send offsets, then records; return once the broker has acknowledged all of it."""
        changelog = TopicPartition(commit.changelog, commit.partition)
        rows = [Output(changelog.topic, key, row) for key, row in commit.rows.items()]
        records = {changelog: rows, **self._by_destination(commit)}
        producer.join(records)
        await producer.send_offsets_to_transaction(
            {TopicPartition(topic, commit.partition): at for topic, at in commit.offsets.items()},
            self.app.conf.id,
        )
        sent = {tp: await _send_records(producer, tp, rows) for tp, rows in records.items()}
        # aiokafka would commit even if the broker refused a batch
        await asyncio.gather(*(future for batches in sent.values() for future, _ in batches))
        return await _last_offset(sent[changelog])

    def _by_destination(self, commit: Commit) -> dict[TopicPartition, list[Output]]:
        ours, prefix = commit.partition, self.app.options.prefix
        grouped: dict[tuple[str, int], list[Output]] = defaultdict(list)
        for out in commit.outputs:
            grouped[out.topic, ours if out.partition is None else out.partition].append(out)
        return {TopicPartition(prefix + topic, p): outs for (topic, p), outs in grouped.items()}

    async def _abort(self, partition: int, producer: Any) -> None:
        """Abort, and replace the producer: a refused batch leaves a hole in its sequence."""
        try:
            await producer.abort_transaction()
            await producer.stop()
            await self._start_producer(partition)
        except BaseException as error:
            raise await self._die(error) from error

    async def _die(self, reason: BaseException) -> FatalError:
        self.dead = True
        await self.app.engine.crash(reason)
        return FatalError(repr(reason))


async def _last_offset(sent: Sent) -> int:
    future, records = sent[-1]
    base = (await future).offset
    return base + records - 1 if base >= 0 else NO_OFFSET  # -1: a repeated send succeeded


async def _send_records(producer: Any, tp: TopicPartition, records: Sequence[Output]) -> Sent:
    """Hand records to the producer in order, in batches as full as they get."""
    sent: Sent = []
    done = 0
    while done < len(records):
        builder = producer.create_batch()
        filled = fill(builder, records, done)
        builder.close()
        future = await producer.send_batch(builder, tp.topic, partition=tp.partition)
        sent.append((future, filled))
        done += filled
    return sent
