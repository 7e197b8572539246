"""No consent, no send."""

from __future__ import annotations

from schemas.state import UserState
from schemas.tables import Stopped
from schemas.vocabulary import ContextField, StopReason
from streams.pipeline.aggregate.consent import Stand, stands
from streams.pipeline.policy.asked import Asked
from streams.settings import Settings

TOLD = {Stand.YES: "granted", Stand.NO: "denied"}
ALLOWED = frozenset({"granted", "default_granted"})


def consents(state: UserState, settings: Settings) -> list[str]:
    """Return each user's consent: granted, denied, default_granted or default_denied."""
    default = f"default_{settings.consent_default}"
    found = stands(state, ContextField.CONSENT_PUSH).tolist()
    return [TOLD.get(stand, default) for stand in found]


def stop(asked: Asked, settings: Settings) -> Stopped | None:
    """Stop a user who did not, or does not any more, allow pushes."""
    if asked.consent in ALLOWED:
        return None
    numbers = {"consent": asked.consent, "consent_default": settings.consent_default}
    return Stopped(asked.row, StopReason.NO_CONSENT, "consent", numbers)
