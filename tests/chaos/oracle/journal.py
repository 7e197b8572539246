"""Pushes and what became of them: recommendations and receipts, in the order they were told."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from chaos.oracle.log import Entry

RECEIPTS = "push-receipts"
STATUSES = (
    "published", "sent", "delivered", "opened", "converted", "dismissed", "not_interested",
    "expired", "skipped", "failed", "opted_out", "rating", "cancelled",
)  # fmt: skip
PUBLISHED, SENT, RATING, CANCELLED = map(
    STATUSES.index, ("published", "sent", "rating", "cancelled")
)
SILENT = {STATUSES.index(name) for name in ("expired", "skipped", "failed", "cancelled")}
"""These disturbed nobody."""


@dataclass(slots=True)
class Push:
    """A recommendation of a user: when it counts, and its status."""

    at_ms: int
    status: int = PUBLISHED


@dataclass(slots=True, frozen=True)
class Receipt:
    """A report of the push service."""

    offset: int
    id: str
    status: int
    ts_ms: int


@dataclass(slots=True)
class Journal:
    """One user's pushes by id, and the receipts that were not yet read."""

    pushes: dict[str, Push] = field(default_factory=dict)
    unread: list[Receipt] = field(default_factory=list)

    def read(self, before: float) -> None:
        """Apply the receipts with smaller offsets."""
        later = []
        for receipt in self.unread:
            if receipt.offset >= before:
                later.append(receipt)
            elif receipt.id in self.pushes:
                push = self.pushes[receipt.id]
                if receipt.status != RATING:  # says nothing about where a push stands
                    push.status = max(push.status, receipt.status)
                push.at_ms = receipt.ts_ms if receipt.status == SENT else push.at_ms
        self.unread = later

    def counted(self) -> list[int]:
        """When the pushes were, or will be, that disturb."""
        return [push.at_ms for push in self.pushes.values() if push.status not in SILENT]


def journals(entries: Iterable[Entry]) -> dict[str, Journal]:
    """Return the users' journals before anything was read. ``entries``: the receipts."""
    found: dict[str, Journal] = defaultdict(Journal)
    for entry in sorted(entries, key=lambda e: (e.partition, e.offset)):
        told = json.loads(entry.value or b"")
        status = STATUSES.index(told["status"])
        found[told["user_id"]].unread.append(
            Receipt(entry.offset, told["recommendation_id"], status, told["ts"])
        )
    return found
