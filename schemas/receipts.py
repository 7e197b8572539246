"""What the push service reports back about a recommendation."""

from __future__ import annotations

import msgspec

from schemas.events import Answer, Consent, Timestamp


class PushReceipt(msgspec.Struct, kw_only=True, gc=False):
    """One status change; ``status`` is a lower-case name of `PushStatus`, rating is 1 to 5.

    ``device_id``: on which device; ``revision``: of the recommendation that it is about, the newest
    where it is not told.
    """

    recommendation_id: str
    user_id: str
    ts: Timestamp
    status: str
    channel: str = "push"
    rating: int | None = None
    device_id: str | None = None
    revision: int | None = None
    consent: Consent | Answer | msgspec.UnsetType = msgspec.UNSET
    schema_version: int = 1
