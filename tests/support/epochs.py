"""The epochs on `globals`, put together as a worker does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from schemas.globals import Epoch
from schemas.parts import Collector, PartError


def epochs_of(records: Iterable[Any]) -> list[Epoch]:
    """Return the epochs in a topic's records (aiokafka's); what is none is passed over."""
    collector, found = Collector("epoch"), []
    for record in records:
        try:
            value = collector.take(record.key, record.value)
            if value is not None:
                found.append(msgspec.msgpack.decode(value, type=Epoch))
        except (PartError, msgspec.MsgspecError, UnicodeError, RecursionError):
            continue
    return found
