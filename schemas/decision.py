"""What was considered and chosen, with the numbers that decided; and its projection for a "no"."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.recommendation import Experiment, ModelRef, PolicyTrace, Scores


class CandidateTrace(msgspec.Struct, gc=False):
    """A candidate that reached the experts. ``features``: little-endian float32, base64 in JSON.

    ``penalty``: share of the fused probability that diversity, novelty and the mix of categories cost;
    ``by_source``: what each source gave it, as ``features``, empty where no ranker read it.
    """

    item_id: str
    sources: list[str]
    features: bytes
    scores: Scores
    propensity: float
    stopped_by: str | None = None
    penalty: float = 0.0
    by_source: bytes = b""


class TriggerTrace(msgspec.Struct, kw_only=True):
    """Why the decision was asked for. ``due_ms`` is null for an event, else the timer's time."""

    kind: str
    event_hash: str
    due_ms: int | None
    item_id: str | None
    category_id: str | None


class Decision(msgspec.Struct, kw_only=True):
    """The record that replay, training and `kairos explain` read.

    ``features`` is the little-endian float32 user row (base64 in JSON) in the order of the
    feature contract whose hash is ``contract``; ``steps`` the newest events as the model's net read
    them, likewise, empty if it has none; ``outcome`` is ``recommended`` or ``suppressed``;
    ``journal`` holds the journal values that were read (recent pushes, debounce). ``epoch``: number of the
    epoch that it was made with, 0: the one in the bundle, null: none; ``epoch_gone``: the one that the partition
    had adopted, where the worker has it no more and so decided with none. ``catalog_ms``: stream time by which
    the catalogue was looked up; ``catalog_offsets``: of each of its partitions the last record that held then,
    ``catalog_version``: how many had changed something; ``unknown_items``: which rule held for items that the
    catalogue does not know, ``refuse`` or ``allow``, null: made by a build that had none.
    """

    schema_version: int = 1
    decision_id: str
    tenant: str
    user: str
    decided_at: str
    now_ms: int
    partition: int
    position: int
    trigger: TriggerTrace
    outcome: str
    reason: str | None
    rule: str | None
    numbers: dict[str, Any]
    journal: dict[str, Any]
    contract: str
    features: bytes
    scene: dict[str, float]
    candidates: list[CandidateTrace]
    chosen_item_id: str | None
    scores: Scores | None
    policy: PolicyTrace
    experiment: Experiment
    epoch: int | None
    catalog_version: int
    model: ModelRef
    source_offsets: dict[str, int]
    degraded: bool
    steps: bytes = b""
    epoch_gone: int | None = None
    catalog_ms: int | None = None
    catalog_offsets: dict[str, int] = {}
    unknown_items: str | None = None


class Suppression(msgspec.Struct, kw_only=True):
    """A recorded decision not to send: the rule that stopped it and its numbers."""

    schema_version: int = 1
    decision_id: str
    tenant: str
    user: str
    decided_at: str
    trigger: str
    reason: str
    rule: str
    numbers: dict[str, Any]
    best_item_id: str | None
    best_score: float | None
    policy: PolicyTrace


class LateEvent(msgspec.Struct, kw_only=True):
    """An event that came after the lateness horizon: ledgered, never counted."""

    schema_version: int = 1
    user: str
    topic: str
    partition: int
    offset: int
    event_hash: str
    ts_ms: int
    newest_ms: int
    late_by_ms: int
