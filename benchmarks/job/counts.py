"""Count what came out, and what was written in vain."""

from __future__ import annotations

from collections import Counter

from aiokafka import AIOKafkaConsumer

from benchmarks.job.stand import Deployment
from streams.operate.demo.ledger import Ledger
from streams.operate.tools.reading import consuming, places, read, read_all, spans


async def decisions(made: Deployment) -> int:
    """Committed records on the topic of decisions."""
    async with consuming(made.settings) as consumer:
        topic = made.settings.topic("decisions")
        wanted = await spans(consumer, await places(made.settings, [topic]))
        parts = [len(r) async for part in read(consumer, wanted) for r in part.values()]
    return sum(parts)


async def counters(made: Deployment) -> Counter[str]:
    """The law-4 counters, as the changelog tells them."""
    ledger = Ledger()
    for record in await read_all(made.bare(), made.changelog):
        ledger.take(record.partition, record.key, record.value)
    return ledger.counts()


async def written_in_vain(made: Deployment) -> int:
    """Records of aborted transactions: work that had to be done again."""
    topics = [made.changelog, *map(made.settings.topic, ("decisions", "suppressions"))]
    counts = [await _count(made, topics, level) for level in ("read_uncommitted", "read_committed")]
    return counts[0] - counts[1]


async def _count(made: Deployment, topics: list[str], level: str) -> int:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=made.settings.broker, isolation_level=level, enable_auto_commit=False
    )
    await consumer.start()
    try:
        wanted = await spans(consumer, await places(made.settings, topics))
        return sum([len(r) async for part in read(consumer, wanted) for r in part.values()])
    finally:
        await consumer.stop()
