"""The product: what the downstream push service consumes (``read_committed``)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Scores(msgspec.Struct, gc=False):
    """Calibrated probabilities and the numbers that fused them; null where an expert is missing.

    ``logit fused = lambda_t * logit temporal + lambda_c * logit context + lambda_r * logit rank +
    bias``; ``rank``: where the ranker sees the item among what the user is offered, null without one.
    """

    temporal: float | None
    context: float | None
    fused: float
    lambda_t: float
    lambda_c: float
    bias: float = 0.0
    rank: float | None = None
    lambda_r: float = 0.0


class PolicyTrace(msgspec.Struct, kw_only=True):
    """The numbers the policy decided with. Quiet hours are local ``HH:MM-HH:MM``.

    ``personalisation`` is ``denied`` where nothing of the user's own chose the item.
    """

    cap_used: int
    cap_limit: int
    quiet_hours: str
    timezone: str
    consent: str
    personalisation: str = "default_granted"


class Experiment(msgspec.Struct, kw_only=True):
    """Arm, holdout and the probability with which the published choice was made."""

    arm: str
    holdout: bool
    propensity: float


class ModelRef(msgspec.Struct, kw_only=True):
    """The bundle that scored."""

    bundle: str
    sha256: str


class PushItem(msgspec.Struct, kw_only=True):
    """An item of the push; the first is the one it is about."""

    item_id: str
    title: str | None = None
    category_id: str | None = None
    price_minor: int | None = None
    currency: str | None = None


class Recommendation(msgspec.Struct, kw_only=True):
    """One push candidate (``upsert``) or its retraction (``cancel``). Times are RFC 3339 UTC.

    ``revision``: how often it was moved; an ``upsert`` of a higher one replaces those before it.

    It may be sent at any moment of ``[send_after, expires_at)``. Maps without loss to an FCM
    HTTP v1 message and an APNs payload.
    """

    schema_version: int = 1
    recommendation_id: str
    action: Literal["upsert", "cancel"]
    tenant: str
    subscriber_id: str
    created_at: str
    send_after: str
    expires_at: str
    collapse_key: str
    thread_id: str
    priority: Literal["normal", "high"]
    interruption_level: Literal["passive", "active", "time-sensitive"]
    relevance_score: float
    category: str
    template_id: str
    locale: str
    title_loc_key: str
    title_loc_args: list[str]
    deep_link: str
    image_url: str | None
    offer: dict[str, Any] | None
    items: list[PushItem]
    trigger: str
    reason_codes: list[str]
    scores: Scores
    policy: PolicyTrace
    experiment: Experiment
    model: ModelRef
    features_as_of: str
    source_offsets: dict[str, int]
    degraded: bool
    revision: int = 0
