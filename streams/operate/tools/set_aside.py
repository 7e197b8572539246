"""What was set aside or skipped, as committed state and the records themselves tell it."""

from __future__ import annotations

from collections import Counter

from schemas.parts import Collector
from schemas.vocabulary import DeadReason, StopReason
from streams.engine.knowledge import EPOCH, taken_in
from streams.engine.skipped import Skipped
from streams.engine.snapshots import read_newest
from streams.knowledge.shared import Knowledge
from streams.operate.tools.reading import consuming, places, read, spans
from streams.settings import Settings
from streams.state.marker import Marker

INTERNAL = (
    f"dead_letters.{DeadReason.INTERNAL_ERROR}", f"suppressed.{StopReason.INTERNAL_ERROR}"
)  # fmt: skip
SHARED = ("catalog", "globals")


def internal_errors(markers: dict[int, Marker]) -> int:
    """Return how many records and decisions made the path raise, ever."""
    return sum(marker.counts.get(name, 0) for marker in markers.values() for name in INTERNAL)


def users(markers: dict[int, Marker]) -> dict[int, list[str]]:
    """Return the pseudonyms of the users who are set aside, by partition."""
    return {
        number: [user.hex() for user in marker.set_aside]
        for number, marker in sorted(markers.items())
        if marker.set_aside
    }


async def skipped(settings: Settings, knowledge: Knowledge) -> Counter[str]:
    """Return how many records of each shared topic cannot be used; ``knowledge`` takes in the others.

    Those of `catalog` and `globals` are read as a worker reads them; of `signals` the learner's newest
    snapshot says it.
    """
    found, epochs = Skipped(lambda *_: None), Collector(EPOCH)
    names = {settings.topic(name): name for name in SHARED}
    async with consuming(settings) as consumer:
        whole = await spans(consumer, await places(settings, names))
        async for part in read(consumer, whole):
            for records in part.values():
                for record in records:
                    is_epoch = names[record.topic] == "globals"
                    if refused := taken_in(knowledge, epochs, record, is_epoch=is_epoch):
                        found.note(record, refused)
    counts = Counter({names[topic]: n for topic, n in found.counts.items()})
    _, snapshot = await read_newest(settings, Skipped(lambda *_: None))
    if snapshot is not None and snapshot.skipped:
        counts["signals"] = snapshot.skipped
    return counts
