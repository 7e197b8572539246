"""Who may commit for a partition, and what becomes of a batch whose transaction fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import TopicPartition
from faust.transport.consumer import TransactionManager

from streams.engine.log_check import more_partitions
from streams.engine.transaction import InDoubtError, Opening, Transaction
from streams.state.store import UndecidedError


class AbortedError(Exception):
    """The transaction was aborted cleanly: nothing of the batch happened."""


class FatalError(Exception):
    """The worker was fenced, or cannot know what became of a transaction: it must end."""


class BatchTransactions(TransactionManager):
    """Owns a producer ``<app id>-<partition>`` per partition of this worker.

    Starting it fences whoever owned the partition before, and ends its open transaction.
    """

    def on_init(self) -> None:
        """Start with no producer."""
        self._producers: dict[int, Any] = {}
        self._likely: dict[int, frozenset[TopicPartition]] = {}
        """Where the last transaction of each partition wrote to: the next one probably will."""
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
        if max(mine, default=0) >= self.app.options.partitions:  # aiokafka saw it before our watch
            self.app.engine.halt(
                "a topic " + more_partitions(max(mine) + 1, self.app.options.partitions)
            )
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

    @asynccontextmanager
    async def begun(
        self, changelog: TopicPartition, offsets: Mapping[str, int]
    ) -> AsyncIterator[Transaction]:
        """Open a transaction; the block decides what it writes, and commits it.

        Raises:
            AbortedError: nothing happened; read the batch again.
            UndecidedError: the block raised it before it wrote anything; nothing happened.
            FatalError: fenced, outcome unknown, or a bug: the worker is dead and ends.
        """
        number = changelog.partition
        if not self.owns(number):
            raise FatalError(f"not the owner of partition {number}")
        transaction = Transaction(self._producers[number], self._opening(changelog, offsets))
        try:
            yield transaction
            self._likely[number] = transaction.destinations
        except InDoubtError as error:
            raise await self._die(error.__cause__ or error) from error
        except ProducerFenced as error:
            raise await self._die(error) from error
        except KafkaError as error:
            await self._abort(number)
            raise AbortedError(repr(error)) from error
        except UndecidedError:
            await self._abandon(transaction, number)
            raise
        except BaseException as error:  # a bug or a cancellation, not a broker's answer
            raise await self._die(error) from error
        finally:
            transaction.close()

    def _opening(self, changelog: TopicPartition, offsets: Mapping[str, int]) -> Opening:
        likely = self._likely.get(changelog.partition, frozenset()) | {changelog}
        app, after = self.app, self.app.engine.restored(changelog)
        return Opening(
            changelog, after, offsets, likely, app.conf.id, app.options.prefix, app.clock.told()
        )

    async def _abandon(self, transaction: Transaction, partition: int) -> None:
        """Abort a transaction to which nothing was written."""
        try:
            await transaction.opened()
        except ProducerFenced as error:
            raise await self._die(error) from error
        except KafkaError:  # it did not even open: aborted or not, nothing of it stands
            pass
        await self._abort(partition)

    async def _abort(self, partition: int) -> None:
        """Abort, and replace the producer: a refused batch leaves a hole in its sequence."""
        producer = self._producers[partition]
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
