"""The three tables that flow between stages: EventBatch, DueUsers, CandidateSet.

Columnar: structured NumPy arrays and parallel lists. A stage takes one, returns one, and sets
aside what it stopped as `Stopped` rows with the reason and the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.decision import LateEvent
from schemas.state import UserState
from schemas.timeline import Timeline
from schemas.vocabulary import DeadReason, StopReason

EVENT_ROW = np.dtype([("pos", "<i4"), ("user", "<i4"), ("ts_ms", "<i8"), ("event", "<u8")])
"""One deduplicable event (click, purchase, context): record position, index into users."""

FACT_ROW = np.dtype(
    [
        ("pos", "<i4"),
        ("user", "<i4"),
        ("ts_ms", "<i8"),
        ("event", "<u8"),
        ("item", "<u8"),
        ("category", "<u8"),
        ("price_minor", "<i8"),  # -1: not known
        ("currency", "<u2"),  # `schemas.money`
        ("quantity", "<u2"),
        ("line", "<u2"),  # only line 0 counts in the tiles
        ("type", "u1"),
    ]
)
CONTEXT_ROW = np.dtype(
    [
        ("pos", "<i4"),
        ("user", "<i4"),
        ("ts_ms", "<i8"),  # of an answer about consent: when it counts from
        ("event", "<u8"),
        ("value", "<u8"),  # hash of the text, 0 = cleared
        ("field", "u1"),
    ]
)
RECEIPT_ROW = np.dtype(
    [
        ("pos", "<i4"),
        ("user", "<i4"),
        ("ts_ms", "<i8"),
        ("id_hi", "<u8"),
        ("id_lo", "<u8"),
        ("status", "u1"),
        ("revision", "u1"),  # `NO_REVISION`: not told
    ]
)


class SourceRecord(msgspec.Struct, frozen=True, gc=False):
    """One Kafka record as the engine merged it; made 100,000 times a second.

    ``refused``: the verdict of whoever fetched it, or of `dead-letters` when a log is read again;
    such a record is a dead letter, whatever it says.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    refused: DeadReason | None = None


@dataclass(slots=True, frozen=True)
class DeadLetter:
    """A record that cannot be accepted, and why, in a code and in words.

    ``field``: the path of the field or line that is at fault in a record that was accepted without it;
    "" for a record that was not.
    """

    record: SourceRecord
    reason: DeadReason
    sentence: str
    field: str = ""


@dataclass(slots=True)
class EventBatch:
    """What `accept` made of a merged batch of ``R`` records.

    ``timeline``: the partition's stream time at each record, that record included (dead letters do not
    move it); without records the one moment at which timers fire. Positions (``pos``) index the records;
    ``user`` indexes ``keys`` and ``subscribers``.
    ``names`` gives the texts of hashes in the rows, all but the free text of a user's situation.
    """

    records: list[SourceRecord]
    timeline: Timeline
    keys: list[bytes]
    subscribers: list[str]
    events: NDArray[Any]
    facts: NDArray[Any]
    contexts: NDArray[Any]
    receipts: NDArray[Any]
    names: dict[int, str]
    dead: list[DeadLetter] = field(default_factory=list)
    partial: list[DeadLetter] = field(default_factory=list)
    late: list[LateEvent] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def stream_ms(self) -> NDArray[np.int64]:
        """Stream time at each record, int64[R]."""
        return self.timeline.ms

    @property
    def reached_ms(self) -> int:
        """Stream time after the records: without any, as it was before."""
        return int((self.timeline.ms if self.records else self.timeline.before_ms)[-1])


@dataclass(slots=True)
class DueUsers:
    """Users who need a decision now: a row each, parallel columns of length ``n``.

    ``state`` holds exactly these users, row for row. ``kind``: `TriggerKind`; ``cause``: hash of
    the trigger event; ``due_ms``: the timer's time, -1 for an event; ``pos``: record position
    before which (timer) or at which (event) it happens; ``now_ms``: stream time of the decision;
    ``reached_ms``: stream time with the record at ``pos``, by which the catalogue is looked up;
    ``standing``: `Standing` of a timer's reason.
    ``features`` float32[n, user features] and ``scene`` float32[n, scenes] are filled by experts,
    ``steps`` float32[n, steps, channels] where the bundle reads them.
    """

    state: UserState
    kind: NDArray[np.uint8]
    cause: NDArray[np.uint64]
    item: NDArray[np.uint64]
    category: NDArray[np.uint64]
    due_ms: NDArray[np.int64]
    now_ms: NDArray[np.int64]
    pos: NDArray[np.int64]
    reached_ms: NDArray[np.int64]
    standing: NDArray[np.uint8]
    features: NDArray[np.float32] | None = None
    scene: NDArray[np.float32] | None = None
    steps: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Rows."""
        return len(self.kind)

    def take(self, rows: NDArray[np.int64]) -> DueUsers:
        """The chosen rows, in that order; itself when that is all of them."""
        if len(rows) == len(self) and (rows == np.arange(len(rows))).all():
            return self
        return DueUsers(
            self.state.take(rows),
            self.kind[rows],
            self.cause[rows],
            self.item[rows],
            self.category[rows],
            self.due_ms[rows],
            self.now_ms[rows],
            self.pos[rows],
            self.reached_ms[rows],
            self.standing[rows],
            None if self.features is None else self.features[rows],
            None if self.scene is None else self.scene[rows],
            None if self.steps is None else self.steps[rows],
        )


@dataclass(slots=True)
class CandidateSet:
    """User x item pairs, sorted by ``due`` (row in `DueUsers`).

    ``sources``: bit mask over the source names; ``source_score`` float32 in [0, 1];
    ``by_source``: float32[n, sources], what each source gave, 0 for nothing; ``features``
    float32[n, pair features]; ``h_t``, ``h_c``: expert probabilities, NaN where an expert is
    missing; ``h_r``: where the ranker sees the pair among the user's, in (0, 1), NaN where it failed,
    None where there is none; ``h``: fused probability; ``penalty``: share of it that sameness costs, in [0, 1].
    """

    due: NDArray[np.int64]
    item: NDArray[np.uint64]
    category: NDArray[np.uint64]
    sources: NDArray[np.uint32]
    source_score: NDArray[np.float32]
    by_source: NDArray[np.float32] | None = None
    features: NDArray[np.float32] | None = None
    h_t: NDArray[np.float64] | None = None
    h_c: NDArray[np.float64] | None = None
    h_r: NDArray[np.float64] | None = None
    h: NDArray[np.float64] | None = None
    penalty: NDArray[np.float64] | None = None

    @classmethod
    def none(cls) -> Self:
        """No pairs."""
        return cls(
            np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.uint64),
            np.zeros(0, np.uint32), np.zeros(0, np.float32),
        )  # fmt: skip

    def __len__(self) -> int:
        """Pairs."""
        return len(self.due)

    def take(self, rows: NDArray[Any]) -> CandidateSet:
        """The chosen pairs (indices or mask)."""
        names = ("by_source", "features", "h_t", "h_c", "h_r", "h", "penalty")
        kept = (getattr(self, name) for name in names)
        return CandidateSet(
            self.due[rows],
            self.item[rows],
            self.category[rows],
            self.sources[rows],
            self.source_score[rows],
            *(None if column is None else column[rows] for column in kept),
        )


@dataclass(slots=True, frozen=True)
class Stopped:
    """A due user whom a rule silenced: row in `DueUsers`, the rule's name and its numbers."""

    due: int
    reason: StopReason
    rule: str
    numbers: dict[str, Any]


ITEM_ATTRIBUTES = np.dtype(
    [
        ("category", "<u8"),  # 0: not known
        ("price_minor", "<f8"),  # NaN: not known, as in all columns of floats
        ("stock", "<f8"),
        ("weight_g", "<f8"),
        ("created_ms", "<f8"),
        ("seller_rating", "<f8"),
        ("known", "?"),  # the catalogue has the item
        ("language", "<u8"),  # 0: not known
        ("offer_until_ms", "<f8"),
        ("similar_minor", "<f8"),  # mean price of the other items like it
        ("condition", "<f4"),
        ("volume_l", "<f4"),
        ("currency", "<u2"),  # of the price, `schemas.money`
        ("shops", "<u4"),  # numbers of sets in `models.features.places`
        ("warehouses", "<u4"),  # countries with units on hand
        ("regions", "<u4"),  # countries it is sold in
    ]
)
"""What features and sources may ask of an item; see `streams.knowledge.catalogue`."""


CATEGORY_FACTS = np.dtype(
    [
        ("hour_trend", "<f4"),  # NaN: the epoch does not tell, in all of them
        ("day_trend", "<f4"),
        ("day_seen", "<f4"),
        ("day_expected", "<f4"),
        ("season", "<f4"),
        ("repurchase_d", "<f4"),
    ]
)
"""What features may ask of a category; see `streams.knowledge.demand_view`."""


@dataclass(slots=True)
class PolicyView:
    """What the policy found for each due user, parallel to `DueUsers`.

    ``[send_after_ms, expires_ms)`` lies wholly inside allowed hours; ``shifted``: quiet hours
    moved it; ``timed``: a better moment was waited for; ``cap_used``: pushes in the fullest 24 hours that contain send_after; ``zone``:
    IANA name; ``consent``: granted, denied, default_granted or default_denied; ``personalisation``
    likewise, but never default_denied.
    """

    send_after_ms: NDArray[np.int64]
    expires_ms: NDArray[np.int64]
    shifted: NDArray[np.bool_]
    timed: NDArray[np.bool_]
    cap_used: NDArray[np.int64]
    zone: list[str]
    consent: list[str]
    personalisation: list[str]

    def take(self, rows: NDArray[np.int64]) -> PolicyView:
        """The chosen rows, in that order."""
        return PolicyView(
            self.send_after_ms[rows],
            self.expires_ms[rows],
            self.shifted[rows],
            self.timed[rows],
            self.cap_used[rows],
            [self.zone[i] for i in rows.tolist()],
            [self.consent[i] for i in rows.tolist()],
            [self.personalisation[i] for i in rows.tolist()],
        )


@dataclass(slots=True, frozen=True)
class Choice:
    """The candidate that won for a due user, and how likely this choice was."""

    due: int
    candidate: int
    propensity: float
    arm: str


class Output(msgspec.Struct, frozen=True, gc=False):
    """A record to publish; ``topic`` without prefix, ``partition`` None = the input partition."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None
