"""One due user as the rules see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schemas.tables import Stopped
from schemas.vocabulary import Standing, StopReason
from streams.settings import Settings


@dataclass(slots=True, frozen=True)
class Slot:
    """When a push may be sent: ``[send_after_ms, expires_ms)``; empty where ``reason`` says why.

    ``allowed_ms`` is the first moment outside quiet hours, ``life_ends_ms`` when the candidate
    is no longer worth sending, whatever the hours. ``timed``: a later, better moment was chosen.
    """

    send_after_ms: int
    expires_ms: int
    shifted: bool
    reason: StopReason | None
    allowed_ms: int
    life_ends_ms: int
    timed: bool = False


@dataclass(slots=True)
class Asked:
    """A due user's row, consent, zone, slot, counted pushes and the cap's fill.

    ``pushes``: when they count for the cap, ``lasting``: from when their gaps run, both sorted ms. ``spent``: the decisions that the user has had in this hour; ``standing``: of a timer's reason.
    """

    row: int
    now_ms: int
    consent: str
    zone: str
    slot: Slot
    pushes: list[int]
    lasting: list[int]
    cap_used: int
    spent: int
    standing: Standing


Rule = Callable[[Asked, Settings], Stopped | None]
"""A policy rule: the stop with its numbers, or None to let pass."""
