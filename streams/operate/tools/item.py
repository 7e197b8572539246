"""What of the catalogue is in force for one item, as its topic tells it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from aiokafka.structs import ConsumerRecord

from schemas.catalog import CatalogItem
from schemas.ids import hash64
from streams.engine.client import source_record
from streams.knowledge.shared import Knowledge
from streams.operate.tools.reading import read_all
from streams.settings import Settings
from streams.shared.times import LAST_MS


class NotCounted(msgspec.Struct, frozen=True):
    """A record of the item that does not count, or not wholly, and why."""

    partition: int
    offset: int
    sentence: str


class InForce(msgspec.Struct, frozen=True):
    """``item``: the newest version, null: unknown or withdrawn; ``records`` of it on the topic."""

    item_id: str
    item: CatalogItem | None
    records: int
    not_counted: list[NotCounted]


def in_force(item_id: str, records: Iterable[ConsumerRecord[bytes, bytes]]) -> InForce:
    """Return what is in force once all ``records`` of `catalog` were read."""
    knowledge, key = Knowledge(), item_id.encode()
    mine = [record for record in records if record.key == key]
    told = [(record, knowledge.apply_catalog(source_record(record))) for record in mine]
    wrong = [NotCounted(r.partition, r.offset, sentence) for r, sentence in told if sentence]
    item = knowledge.catalogue.item(hash64(item_id), LAST_MS)
    return InForce(item_id, item, len(mine), wrong)


async def look_up(settings: Settings, item_id: str) -> InForce:
    """Read the whole topic.

    Raises:
        KafkaError: the broker does not answer.
    """
    return in_force(item_id, await read_all(settings, "catalog"))
