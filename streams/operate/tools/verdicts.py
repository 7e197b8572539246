"""Verdicts on input records that were committed as dead letters, and are not given a second time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from aiokafka.structs import ConsumerRecord

from schemas.vocabulary import COMMITTED_VERDICTS, DeadReason
from streams.operate.tools.letter_headers import number, texts
from streams.operate.tools.reading import read_all
from streams.pipeline.accept.dead_letters import DEAD_TOPIC
from streams.settings import Settings


class Place(NamedTuple):
    """Where an input record lies; ``topic`` by its full name."""

    topic: str
    partition: int
    offset: int


async def read_verdicts(settings: Settings) -> dict[Place, DeadReason]:
    """Return the verdicts that `dead-letters` names, each by the place of its record."""
    return verdicts(await read_all(settings, DEAD_TOPIC), settings)


def verdicts(
    letters: Iterable[ConsumerRecord[bytes, bytes]], settings: Settings
) -> dict[Place, DeadReason]:
    """Return those of the letters whose reason does not follow from the record alone."""
    codes = {reason.value: reason for reason in COMMITTED_VERDICTS}
    found = {}
    for letter in letters:
        headers = texts(letter)
        reason = codes.get(headers.get("kairos-reason", ""))
        offset = number(headers.get("kairos-offset", ""))
        if reason is not None and offset is not None:
            topic = settings.topic(headers.get("kairos-topic", ""))
            found[Place(topic, letter.partition, offset)] = reason
    return found
