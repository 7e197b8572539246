"""What the policy reads of a user's row: last-known context, and the pushes that count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.vocabulary import ContextField
from schemas.zones import zones
from streams.pipeline.aggregate import fates

Texts = Callable[[int], str | None]
"""The dictionary: the text of a hash, None where it is not known."""


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


def counted_times(state: UserState) -> list[list[int]]:
    """Return when each user's counted pushes count for the cap: sorted times in ms."""
    return _times(state, fates.counts_at)


def gap_times(state: UserState) -> list[list[int]]:
    """Return from when the minimum gap of each user's counted pushes runs: sorted times in ms."""
    return _times(state, fates.lasts_to)


def _times(state: UserState, of: Callable[[NDArray[Any]], NDArray[np.int64]]) -> list[list[int]]:
    times: list[list[int]] = [[] for _ in range(len(state))]
    hit = fates.counted(state.pushes.data)
    slots, pushes = state.pushes.slots[hit].tolist(), state.pushes.data.compress(hit)
    for slot, at_ms in zip(slots, of(pushes).tolist(), strict=True):
        times[slot].append(at_ms)
    for one in times:
        one.sort()
    return times


def is_zone(name: str) -> bool:
    """Return whether ``name`` is an IANA zone."""
    return name in zones()
