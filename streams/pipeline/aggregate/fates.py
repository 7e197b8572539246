"""What became of a push: a set of facts, each from a receipt, whatever came first or twice.

Rows of earlier versions have one fact, their status; where a time is not known the slot's beginning stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import NEVER_MS
from schemas.vocabulary import PushOrigin, PushStatus

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


def bits(*statuses: PushStatus) -> int:
    """Return the set of statuses as bits."""
    return sum(1 << status for status in statuses)


SENT = bits(PushStatus.SENT)
ANSWERED = bits(
    PushStatus.OPENED, PushStatus.CONVERTED, PushStatus.DISMISSED, PushStatus.NOT_INTERESTED
)
"""The user did something with it: nothing is left in the tray."""
SHOWN = bits(PushStatus.DELIVERED) | ANSWERED
"""Some device showed it."""
FAILED = bits(PushStatus.EXPIRED, PushStatus.SKIPPED, PushStatus.FAILED)
"""Some device did not get it."""
CANCELLED = bits(PushStatus.CANCELLED)


def facts(pushes: NDArray[Any]) -> NDArray[np.uint16]:
    """Return what is known of each push (PUSH), as bits of `PushStatus`."""
    own = np.left_shift(1, pushes["status"].astype(np.uint16)).astype(np.uint16)
    known: NDArray[np.uint16] = pushes["told"] | own
    return known


def counted(pushes: NDArray[Any]) -> Mask:
    """Mark pushes that count for caps, gaps and cooldowns: they disturbed, or still may.

    What any device showed counts, cancelled or not; what failed and was shown by none does not; what was
    sent before the cancel came does. One of the past, which this app id did not publish, does once it is told
    that a device showed it.
    """
    known = facts(pushes)
    may = (known & FAILED == 0) & ((known & SENT != 0) | (known & CANCELLED == 0))
    may &= pushes["origin"] != PushOrigin.PAST
    found: Mask = (known & SHOWN != 0) | may
    return found


def counts_at(pushes: NDArray[Any]) -> Ints:
    """Return when each push counts for the cap, in ms: at its earliest showing, else when it was sent."""
    return np.where(pushes["first_ms"] > NEVER_MS, pushes["first_ms"], _begins(pushes))


def lasts_to(pushes: NDArray[Any]) -> Ints:
    """Return from when each push's minimum gap runs, in ms: its latest showing, else its sending."""
    return np.where(pushes["last_ms"] > NEVER_MS, pushes["last_ms"], _begins(pushes))


def pending(pushes: NDArray[Any]) -> Mask:
    """Mark pushes that a cancel would still take back: to be sent, on their way or in some tray."""
    known = facts(pushes)
    gone = (known & FAILED != 0) & (known & SHOWN == 0)
    ours = pushes["origin"] != PushOrigin.PAST
    found: Mask = (known & (CANCELLED | ANSWERED) == 0) & ~gone & ours
    return found


def unsent(pushes: NDArray[Any]) -> Mask:
    """Mark pending pushes of which no receipt says that they were sent."""
    found: Mask = pending(pushes) & (facts(pushes) & (SENT | SHOWN) == 0)
    return found


def _begins(pushes: NDArray[Any]) -> Ints:
    return np.where(pushes["sent_ms"] > NEVER_MS, pushes["sent_ms"], pushes["at_ms"])
