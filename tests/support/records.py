"""Hand-made source records: what a shop would send, with its Kafka envelope."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from schemas.tables import SourceRecord


def at(text: str) -> int:
    """Milliseconds UTC of an ISO time with zone."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


class Log:
    """Builds records with running offsets per topic; timestamp = ts unless told otherwise."""

    def __init__(self, partition: int = 0) -> None:
        self.partition = partition
        self.records: list[SourceRecord] = []
        self._offsets: dict[str, itertools.count[int]] = {}
        self._ids = itertools.count(1)

    def add(self, topic: str, key: str | None, value: Any, timestamp_ms: int) -> SourceRecord:
        """Append a record; a dict becomes JSON, bytes stay."""
        raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
        offset = next(self._offsets.setdefault(topic, itertools.count()))
        record = SourceRecord(
            topic, self.partition, offset, timestamp_ms, key.encode() if key else None, raw
        )
        self.records.append(record)
        return record

    def click(
        self, user: str, event: str, item: str | None, ts_ms: int, **more: Any
    ) -> SourceRecord:
        """Append a click."""
        fields = {"item_id": item} if item else {}
        body = {"event_id": more.pop("event_id", f"e{next(self._ids)}"), "user_id": user}
        body |= {"event": event, "ts": ts_ms} | fields | more
        return self.add("clicks", user, body, ts_ms)

    def purchase(self, user: str, items: list[str], ts_ms: int, **more: Any) -> SourceRecord:
        """Append an order of one piece of each item at 10.00."""
        event_id = more.pop("event_id", f"p{next(self._ids)}")
        lines = [{"item_id": item, "quantity": 1, "unit_price_minor": 1000} for item in items]
        body = {"event_id": event_id, "user_id": user, "order_id": event_id, "ts": ts_ms}
        body |= {"status": "placed", "lines": lines, "currency": "EUR"} | more
        return self.add("purchases", user, body, ts_ms)

    def context(self, user: str, ts_ms: int, **fields: Any) -> SourceRecord:
        """Append a context record."""
        event_id = fields.pop("event_id", f"c{next(self._ids)}")
        return self.add(
            "context", user, {"event_id": event_id, "user_id": user, "ts": ts_ms} | fields, ts_ms
        )

    def catalogue(self, items: Iterable[str], ts_ms: int) -> None:
        """Append a bare catalogue record of each item."""
        for item in items:
            self.add("catalog", item, {"item_id": item, "ts": ts_ms}, ts_ms)

    def tick(self, ts_ms: int) -> SourceRecord:
        """Append a tick."""
        return self.add("ticks", None, {"ts": ts_ms}, ts_ms)

    def time_back(self, to_ms: int) -> SourceRecord:
        """Append the command that brings time back, said after all records so far."""
        return self.add("ticks", "time-back", {"after": self._after()}, to_ms)

    def release(self, user: bytes, ts_ms: int, *, fresh: bool) -> SourceRecord:
        """Append the command that releases a user (pseudonym), said after all records so far."""
        told = {"after": self._after(), "user": user.hex(), "fresh": fresh}
        return self.add("ticks", "release", told, ts_ms)

    def _after(self) -> dict[str, int]:
        return {record.topic: record.offset + 1 for record in self.records}
