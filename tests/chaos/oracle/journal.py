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
PUBLISHED, SENT, CANCELLED = map(STATUSES.index, ("published", "sent", "cancelled"))
SHOWN = set(range(STATUSES.index("delivered"), STATUSES.index("not_interested") + 1))
ANSWERED = SHOWN - {STATUSES.index("delivered")}
FAILED = {STATUSES.index(name) for name in ("expired", "skipped", "failed")}
EARLY = 16
NEVER_MS = -(2**62)


@dataclass(slots=True)
class Push:
    """A recommendation of a user: when it is to be sent, and all that was told of it."""

    at_ms: int
    status: int = PUBLISHED
    revision: int = 0
    told: set[tuple[int, int]] = field(default_factory=set)
    """Statuses and when."""

    def counts(self) -> bool:
        """Whether it disturbed, or still may."""
        statuses = {status for status, _ in self.told}
        if statuses & SHOWN:
            return True
        return not statuses & FAILED and (SENT in statuses or self.status != CANCELLED)

    def stands(self) -> bool:
        """Whether a cancel still takes something back."""
        statuses = {status for status, _ in self.told}
        gone = statuses & FAILED and not statuses & SHOWN
        return self.status == PUBLISHED and not statuses & ANSWERED and not gone

    def shown(self) -> list[int]:
        """When devices showed it."""
        return sorted(at_ms for status, at_ms in self.told if status in SHOWN)

    def sent_ms(self) -> int:
        """When it was first sent."""
        return min((at_ms for status, at_ms in self.told if status == SENT), default=NEVER_MS)

    def span(self) -> tuple[int, int]:
        """When it counts for the cap, and from when its gap runs."""
        sent_ms = self.sent_ms()
        shown = self.shown() or [self.at_ms if sent_ms == NEVER_MS else sent_ms]
        return shown[0], shown[-1]

    def row(self) -> tuple[int, ...]:
        """What the row of its user must say of it, after item and times of the decision."""
        bits = sum(1 << status for status in {status for status, _ in self.told})
        shown = self.shown() or [NEVER_MS]
        return self.at_ms, self.status, self.revision, bits, self.sent_ms(), shown[0], shown[-1]


@dataclass(slots=True, frozen=True)
class Receipt:
    """A report of the push service."""

    offset: int
    id: str
    status: int
    ts_ms: int


@dataclass(slots=True)
class Journal:
    """One user's pushes by id, and the receipts that were not yet read or fit none."""

    pushes: dict[str, Push] = field(default_factory=dict)
    unread: list[Receipt] = field(default_factory=list)
    early: set[tuple[int, str, int]] = field(default_factory=set)
    """Time, push and status of receipts that fit no push."""

    def read(self, before: float) -> None:
        """Apply the receipts with smaller offsets."""
        later = []
        for receipt in self.unread:
            if receipt.offset >= before:
                later.append(receipt)
            elif receipt.id in self.pushes:
                self.pushes[receipt.id].told.add((receipt.status, receipt.ts_ms))
            else:
                self.early.add((receipt.ts_ms, receipt.id, receipt.status))
                self.early = set(sorted(self.early)[-EARLY:])
        self.unread = later

    def add(self, identity: str, push: Push) -> None:
        """Add a push, with what was told of it before; or move it."""
        known = self.pushes.get(identity)
        mine = {(ts_ms, name, status) for ts_ms, name, status in self.early if name == identity}
        self.early -= mine
        push.told = {(status, ts_ms) for ts_ms, _, status in mine}
        push.told |= known.told if known else set()
        self.pushes[identity] = push

    def counted(self, but: str) -> list[tuple[int, int]]:
        """The spans of the other pushes that disturb."""
        return [p.span() for name, p in self.pushes.items() if name != but and p.counts()]


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
