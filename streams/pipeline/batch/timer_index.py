"""The partition's timer index: an entry per user with a timer, in the order in which timers fire.

An entry is a key alone: due time, then pseudonym. It names the user's earliest timer.
"""

from __future__ import annotations

from streams.state.store import TIMER

_USER_AT = len(TIMER) + 8


def entry(due_ms: int, pseudonym: bytes) -> bytes:
    """Return the entry of a user's earliest timer."""
    return TIMER + due_ms.to_bytes(8, "big") + pseudonym


def due_of(key: bytes) -> int:
    """Return when the timer of an entry is due, ms."""
    return int.from_bytes(key[len(TIMER) : _USER_AT], "big")


def user_of(key: bytes) -> bytes:
    """Return the pseudonym in an entry."""
    return key[_USER_AT:]


def due_range(fired: bytes, until_ms: int) -> tuple[bytes, bytes]:
    """Return the half-open range of entries due by a time and after ``fired``, b"": after none."""
    start = fired + b"\x00" if fired else TIMER
    return start, TIMER + (max(until_ms, -1) + 1).to_bytes(8, "big")
