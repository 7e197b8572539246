"""What may be told and has no effect on any decision yet: said here, in the guide and by `kairos doctor`.

A field is called by its topic (or `epoch`) and name. A test changes each alone and fails when one that is listed
has an effect, and when one that is not has none.
"""

from __future__ import annotations

NOT_WIRED: dict[str, str] = {
    "clicks.session_id": "read and checked, not kept",
    "clicks.quantity": "kept; only orders count pieces",
    "purchases.order_id": "read and checked, not kept",
    "context.app_version": "kept as a hash",
    "context.region": "kept as a hash",
    "profiles.age_band": "not read",
    "profiles.signup_ts": "not read",
    "profiles.groups": "not read",
    "push-receipts.channel": "not read",
    "push-receipts.device_id": "read and checked; a showing counts on whichever device it was",
    "push-receipts.revision": "kept with what came early; an older one cancels no newer one yet",
    "push-receipts.rating": "read and checked, not kept",
    "epoch.names": "of items that no catalogue knows, which are not offered",
    "epoch.catalog_version": "no learner tells more than a count",
    "epoch.lambda_t": "no learner tells it",
    "epoch.lambda_c": "no learner tells it",
    "epoch.bias": "no learner tells it",
    "epoch.demand.hour_observed": "told, in no feature",
    "epoch.demand.hour_expected": "told, in no feature",
    "epoch.demand.next_hour": "told, in no feature",
    "epoch.demand.next_day": "told, in no feature",
}
"""Name of a field, and how far it comes."""

UNUSED_TOPICS = ("outcomes", "bundles")
"""Topics that are created and that nothing reads or writes yet."""
