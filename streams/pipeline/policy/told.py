"""What the policy reads of a user's row: last-known context, and the pushes that count."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.vocabulary import ContextField, PushOrigin, PushStatus

Texts = Callable[[int], str | None]
"""The dictionary: the text of a hash, None where it is not known."""

SILENT = frozenset(
    {PushStatus.EXPIRED, PushStatus.SKIPPED, PushStatus.FAILED, PushStatus.CANCELLED}
)
"""Statuses of a push that reached nobody. All others disturbed, or still may."""

_COUNTS = np.array([status not in SILENT for status in PushStatus])


def last_known(state: UserState, field: ContextField) -> NDArray[np.uint64]:
    """Return each user's last-known value hash of a context field, 0 where none was told."""
    values = np.zeros(len(state), np.uint64)
    rows = state.context.data
    hit = rows["field"] == field
    values[state.context.slots[hit]] = rows["value"][hit]
    return values


def known_texts(
    state: UserState, field: ContextField, texts: Texts, default: str, valid: Callable[[str], bool]
) -> list[str]:
    """Return each user's text of a context field; ``default`` where none valid is known."""
    found: dict[int, str] = {0: default}
    result = []
    for value in last_known(state, field).tolist():
        if value not in found:
            text = texts(value)
            found[value] = text if text and valid(text) else default
        result.append(found[value])
    return result


def counted(pushes: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return which `PUSH` rows count against caps, gaps and item cooldowns.

    One of the past does once a receipt says that it was sent: this app id published none of them.
    """
    untold = (pushes["origin"] == PushOrigin.PAST) & (pushes["status"] == PushStatus.PUBLISHED)
    result: NDArray[np.bool_] = _COUNTS[pushes["status"]] & ~untold
    return result


def counted_times(state: UserState) -> list[list[int]]:
    """Return each user's counted pushes as sorted times in ms."""
    times: list[list[int]] = [[] for _ in range(len(state))]
    hit = counted(state.pushes.data)
    slots = state.pushes.slots[hit].tolist()
    for slot, at_ms in zip(slots, state.pushes.data["at_ms"][hit].tolist(), strict=True):
        times[slot].append(at_ms)
    for one in times:
        one.sort()
    return times


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Return whether ``name`` is an IANA zone that the time zone data has."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True
