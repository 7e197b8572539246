"""The other end: reads recommendations as a push service does, and reports what became of them."""

from __future__ import annotations

import json
import random
from typing import Any

from aiokafka import AIOKafkaConsumer
from chaos.stream import Record

TOPIC = "push-receipts"
FATES = (
    ("sent",), ("sent", "delivered"), ("sent", "delivered", "opened"), ("sent", "dismissed"),
    ("failed",), ("skipped",), ("expired",), ("sent", "opened", "converted"), (), (),
)  # fmt: skip
OPTED_OUT, TOLD_TWICE, SECOND_DEVICE, SHUFFLED, TOO_LATE = 0.05, 0.1, 0.3, 0.3, 0.2


class PushService:
    """Answers each committed recommendation with receipts."""

    def __init__(self, broker: str, topic: str, seed: str) -> None:
        self._broker, self._topic, self._rng = broker, topic, random.Random(seed)

    async def start(self) -> None:
        """Subscribe."""
        self._consumer = AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=self._broker,
            group_id=f"{self._topic}-reader",
            isolation_level="read_committed",
            auto_offset_reset="earliest",
        )
        await self._consumer.start()

    async def stop(self) -> None:
        """Leave."""
        await self._consumer.stop()

    async def receipts(self, now_ms: int) -> list[Record]:
        """Return what there is to report, as of event time ``now_ms``."""
        fetched = await self._consumer.getmany(timeout_ms=0)
        pushes = [json.loads(record.value) for records in fetched.values() for record in records]
        return [receipt for push in pushes for receipt in self.fate(push, now_ms)]

    def fate(self, push: dict[str, Any], now_ms: int) -> list[Record]:
        """Return the receipts of a push, of one device or two; a cancel has some if it came too late."""
        if push["action"] == "cancel":
            late = self._rng.random() < TOO_LATE
            return [_receipt(push, "delivered", now_ms, "phone")] if late else []
        told = [("phone", status) for status in self._rng.choice(FATES)]
        if self._rng.random() < SECOND_DEVICE:
            told += [("tablet", status) for status in self._rng.choice(FATES)]
        if self._rng.random() < OPTED_OUT:
            told.append(("phone", "opted_out"))
        if self._rng.random() < TOLD_TWICE:
            told += told
        found = [
            _receipt(push, status, now_ms + n, device) for n, (device, status) in enumerate(told)
        ]
        if self._rng.random() < SHUFFLED:
            self._rng.shuffle(found)
        return found


def _receipt(push: dict[str, Any], status: str, at_ms: int, device: str) -> Record:
    user = push["subscriber_id"]
    value = {
        "recommendation_id": push["recommendation_id"], "user_id": user, "ts": at_ms,
        "status": status, "channel": "fcm", "device_id": device,
    }  # fmt: skip
    return Record(TOPIC, user.encode(), json.dumps(value).encode(), at_ms)
