"""In which zone each user's clock runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.features.calendar import zone_or
from schemas.ids import NO_ID
from schemas.state import UserState
from schemas.vocabulary import ContextField

Texts = Callable[[int], str | None]


def zones_of(state: UserState, texts: Texts, default: str) -> list[str]:
    """Return each user's IANA zone; ``default`` where none is known."""
    rows = state.context
    told = rows.data["field"] == ContextField.TIMEZONE
    value = np.zeros(len(state), np.uint64)
    value[rows.slots[told]] = rows.data["value"][told]
    name = {NO_ID: default}
    for each in set(value.tolist()) - {NO_ID}:
        name[each] = zone_or(texts(each), default)
    return [name[each] for each in value.tolist()]
