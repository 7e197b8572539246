"""A published push that may no longer stand: its item was bought, or consent was withdrawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID, hash64
from schemas.state import UserState
from schemas.vocabulary import ContextField, EventType, PushStatus
from streams.pipeline.policy.told import last_known
from streams.settings import Settings

DENIED = hash64("denied")


def may_retract_bought(
    state: UserState, facts: NDArray[Any], stream_ms: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark purchases of an item with an outstanding push."""
    marked = np.zeros(len(facts), bool)
    bought = (facts["type"] == EventType.PURCHASE).nonzero()[0]
    if not len(bought):
        return marked
    slots, pushes = _outstanding(state)
    if not len(slots):
        return marked
    users, items, now_ms = facts["user"], facts["item"], stream_ms[facts["pos"]]
    for i in bought[np.isin(items[bought], pushes["item"])].tolist():
        mine = (slots == users[i]) & (pushes["item"] == items[i])
        marked[i] = (pushes["expires_ms"][mine] > now_ms[i]).any()
    return marked


def may_retract_denied(
    state: UserState, contexts: NDArray[Any], stream_ms: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark withdrawals of consent by users with an outstanding push.

    A cleared consent is one too: where nothing is told, the default may be denied.
    """
    marked = np.zeros(len(contexts), bool)
    told = contexts["field"] == ContextField.CONSENT_PUSH
    no = (contexts["value"] == DENIED) | (contexts["value"] == NO_ID)
    denied = (told & no).nonzero()[0]
    if not len(denied):
        return marked
    slots, pushes = _outstanding(state)
    if not len(slots):
        return marked
    users, now_ms = contexts["user"], stream_ms[contexts["pos"]]
    for i in denied.tolist():
        marked[i] = (pushes["expires_ms"][slots == users[i]] > now_ms[i]).any()
    return marked


def retracts_denied(
    state: UserState, contexts: NDArray[Any], stream_ms: NDArray[np.int64], settings: Settings
) -> NDArray[np.bool_]:
    """Mark those withdrawals after which the user, as ``state`` knows them, may not be sent to.

    An old report of one that consented since withdraws nothing, and must hide no other trigger.
    """
    marked = may_retract_denied(state, contexts, stream_ms)
    if marked.any():
        told = last_known(state, ContextField.CONSENT_PUSH)[contexts["user"]]
        marked &= denies(told, settings)
    return marked


def denies(values: NDArray[np.uint64], settings: Settings) -> NDArray[np.bool_]:
    """Tell which last-known consents (hashes, 0: none) mean no."""
    by_default = settings.consent_default == "denied"
    found: NDArray[np.bool_] = (values == DENIED) | ((values == NO_ID) & by_default)
    return found


def _outstanding(state: UserState) -> tuple[NDArray[np.int64], NDArray[Any]]:
    standing = state.pushes.data["status"] == PushStatus.PUBLISHED
    return state.pushes.slots[standing], state.pushes.data.compress(standing)
