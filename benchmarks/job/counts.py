"""Count what came out."""

from __future__ import annotations

from benchmarks.job.stand import Deployment
from streams.tools.reading import consuming, places, read, spans


async def decisions(made: Deployment) -> int:
    """Committed records on the topic of decisions."""
    async with consuming(made.settings) as consumer:
        topic = made.settings.topic("decisions")
        wanted = await spans(consumer, await places(made.settings, [topic]))
        parts = [len(r) async for part in read(consumer, wanted) for r in part.values()]
    return sum(parts)
