"""Who allows no personalisation is considered as a stranger: what is true for everybody decides the item.

Rules that only forbid (bought or pushed lately, caps, quiet hours) go on reading the user's own row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import FACTS, JOURNALS, Ragged, UserState
from schemas.tables import DueUsers
from schemas.vocabulary import ContextField
from streams.pipeline.aggregate.consent import Stand, stands

DENIED = "denied"
_TOLD = {Stand.OPEN: "default_granted", Stand.NO: DENIED, Stand.YES: "granted"}


def personalisations(state: UserState) -> list[str]:
    """Return for each user: granted, denied or default_granted, where nothing was said."""
    return [_TOLD[stand] for stand in stands(state, ContextField.CONSENT_PERSONALISATION).tolist()]


def impersonal(due: DueUsers) -> DueUsers:
    """Return the due users; of those who allow no personalisation neither row nor what they asked about."""
    who = _deny(due.state)
    if not who.any():
        return due
    item, category = (np.where(who, NO_ID, column) for column in (due.item, due.category))
    return replace(due, state=impersonal_rows(due.state), item=item, category=category)


def impersonal_rows(state: UserState) -> UserState:
    """Return the rows; of those who allow no personalisation nothing but whose they are."""
    who, head = _deny(state), state.head.copy()
    head[who] = UserState.fresh([b""]).head[0]
    kept: dict[str, Any] = {"head": head}
    for name in (*FACTS, *JOURNALS):
        section: Ragged = getattr(state, name)
        stays = ~who[section.slots]
        kept[name] = Ragged.group(len(state), section.slots[stays], section.data.compress(stays))
    return replace(state, **kept)


def _deny(state: UserState) -> NDArray[np.bool_]:
    denied: NDArray[np.bool_] = stands(state, ContextField.CONSENT_PERSONALISATION) == Stand.NO
    return denied
