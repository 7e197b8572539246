"""No consent, no send."""

from __future__ import annotations

from schemas.ids import hash64
from schemas.state import UserState
from schemas.tables import Stopped
from schemas.vocabulary import ContextField, StopReason
from streams.pipeline.policy.asked import Asked
from streams.pipeline.policy.told import last_known
from streams.settings import Settings

TOLD = {hash64("granted"): "granted", hash64("denied"): "denied"}
ALLOWED = frozenset({"granted", "default_granted"})


def consents(state: UserState, settings: Settings) -> list[str]:
    """Return each user's consent: granted, denied, default_granted or default_denied."""
    default = f"default_{settings.consent_default}"
    values = last_known(state, ContextField.CONSENT_PUSH).tolist()
    return [TOLD.get(value, default) for value in values]


def stop(asked: Asked, settings: Settings) -> Stopped | None:
    """Stop a user who did not, or does not any more, allow pushes."""
    if asked.consent in ALLOWED:
        return None
    numbers = {"consent": asked.consent, "consent_default": settings.consent_default}
    return Stopped(asked.row, StopReason.NO_CONSENT, "consent", numbers)
