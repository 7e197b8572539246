"""Producers that do not idle between transactions. All private names of aiokafka's sender."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.codec import has_snappy
from aiokafka.producer import sender
from faust.transport.drivers.aiokafka import Producer

from schemas.tables import Output
from streams.shared.sizes import LARGEST_BYTES

PROMPT_BACKOFF_S = 0.002
"""The coordinator finishes the last transaction in a few ms; aiokafka waits 20."""
NO_HEADERS: list[tuple[str, bytes]] = []
MAX_BATCH_BYTES = LARGEST_BYTES
"""A batch of several records is as small as the largest one."""


class PromptAddPartitions(sender.AddPartitionsToTxnHandler):
    """Ask again soon while the coordinator still completes the previous transaction."""

    def handle_response(self, response: Any) -> float | None:
        """Return the seconds to wait before the next attempt, None: done."""
        backoff_s: float | None = super().handle_response(response)
        return PROMPT_BACKOFF_S if backoff_s == sender.BACKOFF_OVERRIDE else backoff_s


class PromptSender(sender.Sender):
    """A sender with the handler above."""

    async def _do_add_partitions_to_txn(self, tps: Any) -> Any:
        node_id = await self._find_coordinator(
            sender.CoordinationType.TRANSACTION, self._txn_manager.transactional_id
        )
        return await PromptAddPartitions(self, tps).do(node_id)


class PromptProducer(AIOKafkaProducer):
    """aiokafka's producer around a `PromptSender`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        plain: Any = self._sender
        self._sender: Any = PromptSender(
            plain.client,
            acks=plain._acks,
            txn_manager=plain._txn_manager,
            message_accumulator=plain._message_accumulator,
            retry_backoff_ms=round(plain._retry_backoff * 1000),
            request_timeout_ms=plain._request_timeout_ms,
        )

    def join(self, partitions: Iterable[TopicPartition]) -> None:
        """Let the open transaction take in all its partitions with one request.

        A broker checks the first batch of each against the coordinator; while that is adding
        another partition or the group, it answers "not enough replicas": 100 ms lost (KIP-890).
        """
        for partition in partitions:
            self._txn_manager.maybe_add_partition_to_txn(partition)


class BatchProducer(Producer):
    """Faust's producer; `_new_producer(transactional_id)` makes prompt ones."""

    @property
    def _producer_type(self) -> type[PromptProducer]:
        return PromptProducer


def fill(builder: Any, records: Sequence[Output], start: int, now_ms: int) -> int:
    """Append records from ``start`` on, of time ``now_ms``, until the batch is full (the first always fits).

    Returns how many. It goes past aiokafka's builder to the buffer inside, which takes half the
    time.
    """
    append, filled = builder._builder.append, 0
    for out in islice(records, start, None):
        headers = list(out.headers) if out.headers else NO_HEADERS
        if append(filled, now_ms, key=out.key, value=out.value, headers=headers) is None:
            break
        filled += 1
    builder._relative_offset = filled
    return filled


def compression() -> str | None:
    """Return the codec of transactions' batches, None if its library is not installed.

    Snappy takes a row to 0.6 of its size at a sixth of the time of zstd, which gets to 0.5.
    """
    return "snappy" if has_snappy() else None
