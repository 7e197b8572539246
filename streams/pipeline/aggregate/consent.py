"""What a user answered about consent: part of the journal, it counts from its arrival.

Kept are the newest "yes" and the newest that was cleared, and the newest few "no" with their ids: one
of these that is delivered again is no new arrival.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID, hash64
from schemas.state import CONSENT, NEVER_MS, Ragged, UserState, joined
from schemas.vocabulary import ContextField
from streams.shared.arrays import order_by

YES, NO = hash64("granted"), hash64("denied")
NOES = 4
"""A "no" of before these that is delivered again counts again: the safe side."""
Ints = NDArray[np.int64]


class Stand(IntEnum):
    """What holds: nothing was said (or it was cleared), no, or yes."""

    OPEN = 0
    NO = 1
    YES = 2


def stands(state: UserState, field: ContextField) -> NDArray[np.uint8]:
    """Return uint8[n], `Stand` of each user: a "yes" only where it is later than every "no"."""
    no_ms, yes_ms, cleared_ms = (newest(state, field, answer) for answer in (NO, YES, NO_ID))
    found = np.full(len(state), Stand.OPEN, np.uint8)
    found[no_ms > NEVER_MS] = Stand.NO
    found[yes_ms > no_ms] = Stand.OPEN
    found[(yes_ms > no_ms) & (yes_ms > cleared_ms)] = Stand.YES
    return found


def newest(state: UserState, field: ContextField, answer: int) -> Ints:
    """Return int64[n]: from when each user's newest answer of this kind counts; `NEVER_MS`: none."""
    found, rows = np.full(len(state), NEVER_MS), state.consent.data
    mine = (rows["field"] == field) & (rows["value"] == answer)
    np.maximum.at(found, state.consent.slots[mine], rows["ts_ms"][mine])
    return found


def add_answers(state: UserState, answers: NDArray[Any]) -> None:
    """Keep ``answers`` (CONTEXT_ROWs about consent, in the order of their arrival)."""
    if not len(answers):
        return
    fresh = np.zeros(len(answers), CONSENT)
    for name in CONSENT.names or ():
        fresh[name] = answers[name]
    slots = np.concatenate((state.consent.slots, answers["user"].astype(np.int64)))
    rows = joined((state.consent.data, fresh))
    kept = _newest_of_each(slots, rows)
    kept[_newest_noes(slots, rows)] = True
    slots, rows = slots[kept], rows.compress(kept)
    order = order_by(slots, rows["field"], rows["value"], rows["ts_ms"], rows["event"])
    state.consent = Ragged.group(len(state), slots[order], rows.take(order))


def _newest_of_each(slots: Ints, rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the last of each user, field and kind of answer but "no"."""
    kind = slots * 2**16 + rows["field"].astype(np.int64) * 2**8 + (rows["value"] == YES)
    order = order_by(kind, rows["ts_ms"], rows["event"])
    order = order[rows["value"][order] != NO]
    last = np.append(kind[order][1:] != kind[order][:-1], True)[: len(order)]
    marked = np.zeros(len(rows), bool)
    marked[order[last]] = True
    return marked


def _newest_noes(slots: Ints, rows: NDArray[Any]) -> list[int]:
    """The places of the newest "no" of each user and field; one that is known already is left out.

    One after the other: what is known depends on what came before, not on how a batch was cut.
    """
    known: dict[tuple[int, int], dict[int, tuple[int, int, int]]] = {}
    for place in (rows["value"] == NO).nonzero()[0].tolist():
        ts_ms, event, _, field = rows[place].item()
        mine = known.setdefault((int(slots[place]), field), {})
        mine.setdefault(event, (ts_ms, event, place))
        if len(mine) > NOES:
            del mine[min(mine.values())[1]]
    return [place for mine in known.values() for _, _, place in mine.values()]
