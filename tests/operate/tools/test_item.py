"""What `kairos item` says: what is in force, and what did not count."""

from __future__ import annotations

import json

from aiokafka.structs import ConsumerRecord

from streams.operate.tools.item import NotCounted, in_force

T0_MS = 1_781_074_800_000


def record(offset, key, **told):
    value = json.dumps({"item_id": key, "ts": T0_MS + offset} | told).encode() if told else None
    return ConsumerRecord(
        "catalog", 0, offset, T0_MS + offset, 0, key.encode(), value, None, 0, 0, []
    )


def test_the_newest_version_is_in_force_without_its_fault():
    told = in_force(
        "kettle",
        [
            record(0, "kettle", stock=5),
            record(1, "mug", stock=1),
            record(2, "kettle", stock=0, price_minor=1.5),
        ],
    )
    assert told.item.stock == 0
    assert told.item.price_minor is None
    assert told.records == 2
    assert told.not_counted == [NotCounted(0, 2, "without price_minor")]


def test_a_withdrawn_item_is_none():
    told = in_force("kettle", [record(0, "kettle", stock=5), record(1, "kettle")])
    assert (told.item, told.records, told.not_counted) == (None, 2, [])
