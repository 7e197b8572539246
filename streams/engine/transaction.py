"""One Kafka transaction: a batch's source offsets, changelog rows and outputs, all or nothing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.structs import TopicPartition

from schemas.tables import Output
from streams.engine.lineage import SIGNALS, stamped
from streams.engine.producer import fill
from streams.engine.refusal import ChangelogLostError

Rows = Mapping[bytes, bytes | None]
Offsets = Mapping[str, int]
"""Topic -> next offset to read."""
Sent = list[tuple[Any, int]]
"""Per batch handed to the producer: the acknowledgement to come, and its records."""
NO_OFFSET = -1


class InDoubtError(Exception):
    """Whether the transaction was committed is not known; its cause says why."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a transaction before its batch is decided.

    ``after``: offset of the last changelog row that the state contains; ``offsets``: those of the
    whole batch; ``likely``: partitions it will probably write to; ``now_ms``: the broker's time,
    which its records carry.
    """

    changelog: TopicPartition
    after: int
    offsets: Offsets
    likely: frozenset[TopicPartition]
    group: str
    prefix: str
    now_ms: int


class Transaction:
    """Opens by itself, with the offsets, while what it writes is still being decided.

    A broker takes three requests one after the other until the first record may come; so they
    cost a batch no time.
    """

    def __init__(self, producer: Any, opening: Opening) -> None:
        self._producer, self._opening = producer, opening
        self.destinations = opening.likely
        """Partitions that take part; after the commit those that got records."""
        self._opened = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        await self._producer.begin_transaction()
        await self._join(self.destinations, self._opening.offsets)

    async def _join(self, partitions: Iterable[TopicPartition], offsets: Offsets) -> None:
        """Take partitions in, then the offsets: when these are in, so are the partitions.

        Of several offsets that a transaction sends for a topic the broker commits the last.
        """
        opening = self._opening
        self._producer.join(partitions)
        await self._producer.send_offsets_to_transaction(
            {TopicPartition(name, opening.changelog.partition): at for name, at in offsets.items()},
            opening.group,
        )

    async def commit(self, rows: Rows, outputs: list[Output], offsets: Offsets) -> int:
        """Write and commit; return the changelog offset of the last row (`NO_OFFSET`: not known).

        ``offsets``: what the transaction covers; of the topics it was opened with, perhaps less.

        Raises:
            InDoubtError: it is not known what became of it. Any other error: it is not committed.
        """
        await self._opened
        last = await self._send(rows, outputs, offsets)
        try:
            await self._producer.commit_transaction()
        except BaseException as error:  # the log knows it, after a restart
            raise InDoubtError from error
        return last

    async def _send(self, rows: Rows, outputs: list[Output], offsets: Offsets) -> int:
        """Return once the broker has acknowledged all of it."""
        changelog = self._opening.changelog
        state = [Output(changelog.topic, key, row) for key, row in rows.items()]
        records = {changelog: state, **self._by_destination(outputs)}
        expected, self.destinations = self.destinations, frozenset(records)
        if not self.destinations <= expected or offsets != self._opening.offsets:
            await self._join(self.destinations, offsets)
        sent = {
            tp: await _send_records(self._producer, tp, outs, self._opening.now_ms)
            for tp, outs in records.items()
        }
        # aiokafka would commit even if the broker refused a batch
        await asyncio.gather(*(future for batches in sent.values() for future, _ in batches))
        await self._refuse_backwards(sent[changelog])
        return await _last_offset(sent[changelog])

    async def _refuse_backwards(self, sent: Sent) -> None:
        """Commit nothing on a log that has lost what the state was made from."""
        opening = self._opening
        first = (await sent[0][0]).offset
        if NO_OFFSET < first <= opening.after:
            raise ChangelogLostError(
                f"topic {opening.changelog.topic} partition {opening.changelog.partition} took rows "
                f"at offset {first}, but the state was made from it up to {opening.after}: the "
                "changelog lost data, and this batch is not committed. Keep the data directory; "
                "`kairos recover` says what can be done"
            )

    def _by_destination(self, outputs: list[Output]) -> dict[TopicPartition, list[Output]]:
        ours, prefix = self._opening.changelog.partition, self._opening.prefix
        grouped: dict[tuple[str, int], list[Output]] = defaultdict(list)
        for out in outputs:
            grouped[out.topic, ours if out.partition is None else out.partition].append(out)
        return {
            TopicPartition(prefix + topic, p): (
                stamped(outs, self._opening.group) if topic == SIGNALS else outs
            )
            for (topic, p), outs in grouped.items()
        }

    async def opened(self) -> None:
        """Wait until it is open: what is still being opened cannot be aborted."""
        await self._opened

    def close(self) -> None:
        """Open no further: what was to be written is not known, and will not be."""
        self._opened.cancel()


async def _send_records(
    producer: Any, tp: TopicPartition, records: Sequence[Output], now_ms: int
) -> Sent:
    """Hand records to the producer in order, in batches as full as they get."""
    sent: Sent = []
    done = 0
    while done < len(records):
        builder = producer.create_batch()
        filled = fill(builder, records, done, now_ms)
        builder.close()
        future = await producer.send_batch(builder, tp.topic, partition=tp.partition)
        sent.append((future, filled))
        done += filled
    return sent


async def _last_offset(sent: Sent) -> int:
    future, records = sent[-1]
    base = (await future).offset
    return base + records - 1 if base >= 0 else NO_OFFSET  # -1: a repeated send succeeded
