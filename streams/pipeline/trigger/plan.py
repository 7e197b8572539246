"""Where each user's wave ends: before the next due timer, or with the next event that may trigger.

A wave may stop once too often, never once too rarely: what stops it is judged afterwards, on the
applied state. So decisions do not depend on how the input was cut into batches. It may not stop too often
because of one user either: `streams.pipeline.trigger.suspects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.vocabulary import TriggerKind
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.trigger.firings import asking, firings
from streams.pipeline.trigger.retract import older_sent
from streams.pipeline.trigger.suspects import suspected_contexts, suspected_facts
from streams.settings import Settings


@dataclass(slots=True)
class Stops:
    """Per user: rows with ``pos < end`` are applied, then ``timer`` (kind, -1: none) fires or
    the event at ``end - 1`` (``event``) is judged; neither: the user is through.

    ``gone`` int64[n, kinds]: before this position a timer of the kind fired that nobody is asked about,
    and with it went what had been set by then; -1: none did. ``waiting`` int64[k]: the positions of these,
    one each.
    """

    end: NDArray[np.int64]
    timer: NDArray[np.int64]
    event: NDArray[np.bool_]
    gone: NDArray[np.int64]
    waiting: NDArray[np.int64]


def plan(state: UserState, pending: Wave, cursor: NDArray[np.int64], settings: Settings) -> Stops:
    """Find every user's stop; ``cursor`` (int64[n]) is the first position not yet applied.

    It lies in the block of the user's partition.
    """
    through = len(pending.timeline)
    fired = firings(state, pending, cursor, settings)
    asks = asking(state, pending, fired, settings)
    timer_pos, timer_kind = _first(fired.compress(asks), len(state), through)
    event_pos = np.full(len(state), through)
    for rows, marked in (
        (pending.facts, suspected_facts(state, pending, settings)),
        (pending.contexts, suspected_contexts(state, pending, settings)),
        (pending.receipts, older_sent(state, pending.receipts, pending.stream_ms)),
    ):
        np.minimum.at(event_pos, rows["user"][marked], rows["pos"][marked])
    by_timer = (timer_pos <= event_pos) & (timer_pos < through)
    by_event = ~by_timer & (event_pos < through)
    end = np.where(by_timer, timer_pos, np.where(by_event, event_pos + 1, through))
    gone, waiting = _gone(fired.compress(~asks), end)
    return Stops(end, np.where(by_timer, timer_kind, -1), by_event, gone, waiting)


def _first(
    fired: NDArray[Any], users: int, through: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Position before which each user's first timer fires, and its kind."""
    pos, kind = np.full(users, through), np.full(users, -1)
    latest_first = fired[::-1]  # the earliest is written last
    pos[latest_first["row"]] = latest_first["pos"]
    kind[latest_first["row"]] = latest_first["kind"]
    return pos, kind


def _gone(
    fired: NDArray[Any], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Up to where each user's timers of a kind are gone without a question, and where each went.

    ``end``: the wave's.
    """
    gone = np.full((len(end), len(TriggerKind)), -1)
    inside = fired.compress(fired["pos"] <= end[fired["row"]])
    gone[inside["row"], inside["kind"]] = inside["pos"]  # the latest is written last
    return gone, inside["pos"]
