"""Transactions that are open in a log: what comes after one is not read before it has ended."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import TopicPartition

from streams.operate.tools.reading import consuming
from streams.settings import Settings


async def open_transactions(
    settings: Settings, places: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """Return the offset at which the first open transaction of each place begins.

    The broker ends a transaction whose producer is gone after `transaction.timeout.ms`, a minute; one
    that is older hangs: its end was lost (an unclean election does that), and nobody will write it.
    """
    wanted = list(places)
    stable = await _ends(settings, wanted, "read_committed")
    last = await _ends(settings, wanted, "read_uncommitted")
    return {place: at for place, at in stable.items() if at < last[place]}


async def _ends(
    settings: Settings, places: list[TopicPartition], isolation: str
) -> dict[TopicPartition, int]:
    async with consuming(settings, isolation_level=isolation) as consumer:
        found: dict[TopicPartition, int] = await consumer.end_offsets(places)
        return found
