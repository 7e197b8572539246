"""A published push that may no longer stand: bought, taken out of the cart, no consent, another zone or country,
an older revision sent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import NEVER_MS, NO_REVISION, Ragged, UserState
from schemas.vocabulary import ContextField, EventType, PushStatus, among
from streams.pipeline.aggregate.consent import NO, YES, newest
from streams.pipeline.aggregate.fates import pending, unsent
from streams.pipeline.policy.consent import ALLOWED, consents
from streams.pipeline.trigger.last_known import overtakes
from streams.settings import Settings

_ENDS = (EventType.PURCHASE, EventType.REMOVE_CART)


def may_retract_item(
    state: UserState, facts: NDArray[Any], stream_ms: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark purchases of an item with an outstanding push, and that such an item left the cart."""
    marked = np.zeros(len(facts), bool)
    bought = among(facts["type"], _ENDS).nonzero()[0]
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


def may_move(
    pushes: Ragged, context: Ragged, contexts: NDArray[Any], stream_ms: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark reports of another zone by users with a push that was not sent yet, and of another country
    by those with one that a cancel would still take back.

    ``pushes`` and ``context``: the users' rows, ``context`` as it was before the reports.
    """
    marked = np.zeros(len(contexts), bool)
    for field, asked in ((ContextField.TIMEZONE, unsent), (ContextField.COUNTRY, pending)):
        told = (contexts["field"] == field).nonzero()[0]
        if not len(told):
            continue
        until_ms, standing = np.full(len(pushes.offsets) - 1, NEVER_MS), asked(pushes.data)
        np.maximum.at(until_ms, pushes.slots[standing], pushes.data["expires_ms"][standing])
        told = told[until_ms[contexts["user"][told]] > stream_ms[contexts["pos"][told]]]
        told = told[_of_others(context, contexts.take(told), field)]
        if len(told):
            reports = contexts.take(told)
            leads, before = overtakes(context, reports)
            marked[told] = leads & (before != reports["value"])
    return marked


def _of_others(context: Ragged, reports: NDArray[Any], field: ContextField) -> NDArray[np.bool_]:
    """Mark the reports of users of whom any report of the field differs from what is known: few do."""
    known = np.zeros(len(context.offsets) - 1, np.uint64)
    stored = (context.data["field"] == field).nonzero()[0]
    known[context.slots[stored]] = context.data["value"][stored]
    others = np.zeros(len(known), bool)
    others[reports["user"][reports["value"] != known[reports["user"]]]] = True
    marked: NDArray[np.bool_] = others[reports["user"]]
    return marked


def older_sent(
    state: UserState, receipts: NDArray[Any], stream_ms: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark ``receipts`` (RECEIPT_ROW) that an older revision of an outstanding push was sent.

    One that tells no revision is of none that is older.
    """
    marked = np.zeros(len(receipts), bool)
    told = (receipts["status"] == PushStatus.SENT) & (receipts["revision"] != NO_REVISION)
    told_at = told.nonzero()[0]
    if not len(told_at):
        return marked
    slots, pushes = _outstanding(state)
    for i in told_at[np.isin(receipts["id_lo"][told_at], pushes["id_lo"])].tolist():
        receipt = receipts[i]
        mine = (slots == receipt["user"]) & (pushes["id_lo"] == receipt["id_lo"])
        mine &= (pushes["id_hi"] == receipt["id_hi"]) & (pushes["revision"] > receipt["revision"])
        marked[i] = (pushes["expires_ms"][mine] > stream_ms[receipt["pos"]]).any()
    return marked


def may_retract_denied(
    state: UserState, contexts: NDArray[Any], stream_ms: NDArray[np.int64], settings: Settings
) -> NDArray[np.bool_]:
    """Mark withdrawals of consent by users with an outstanding push, but for those of before a yes.

    A cleared consent is one too where a user who said nothing is not sent to.
    """
    marked = np.zeros(len(contexts), bool)
    told = contexts["field"] == ContextField.CONSENT_PUSH
    no = contexts["value"] == NO
    if settings.consent_default == "denied":
        no |= contexts["value"] == NO_ID
    denied = (told & no).nonzero()[0]
    if not len(denied):
        return marked
    slots, pushes = _outstanding(state)
    if not len(slots):
        return marked
    users, now_ms = contexts["user"], stream_ms[contexts["pos"]]
    yes_ms = newest(state, ContextField.CONSENT_PUSH, YES)
    for i in denied[contexts["ts_ms"][denied] >= yes_ms[users[denied]]].tolist():
        marked[i] = (pushes["expires_ms"][slots == users[i]] > now_ms[i]).any()
    return marked


def retracts_denied(
    state: UserState, contexts: NDArray[Any], stream_ms: NDArray[np.int64], settings: Settings
) -> NDArray[np.bool_]:
    """Mark those withdrawals after which the user, as ``state`` knows them, may not be sent to.

    One of before a yes that came first withdraws nothing, and must hide no other trigger.
    """
    marked = may_retract_denied(state, contexts, stream_ms, settings)
    if marked.any():
        allowed = np.array([told in ALLOWED for told in consents(state, settings)])
        marked &= ~allowed[contexts["user"]]
    return marked


def _outstanding(state: UserState) -> tuple[NDArray[np.int64], NDArray[Any]]:
    standing = pending(state.pushes.data)
    return state.pushes.slots[standing], state.pushes.data.compress(standing)
