"""Of each user's rows the newest are kept; what is let go leaves its time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.state import Ragged
from streams.pipeline.aggregate.tails import replaced, staying, tail, within
from streams.shared.arrays import order_by

Ints = NDArray[np.int64]


class Kept(NamedTuple):
    """The rows that are kept, the users who lost some, and the time (ms) of the newest lost of each."""

    rows: Ragged
    losers: Ints
    lost_ms: Ints


def newest(
    rows: Ragged, users: NDArray[Any], fresh: NDArray[Any], columns: tuple[str, ...], most: int
) -> Kept:
    """Return each user's newest ``most`` of their ``rows`` and the ``fresh`` ones of ``users``.

    ``columns``: the order of age, ``ts_ms`` first; ``rows`` are in it.
    """

    def keys(places: Ints, users: Ints) -> Ints:
        times: Ints = rows.data["ts_ms"][places]
        return times

    first, cut = staying(rows, keys, None, users, fresh["ts_ms"])
    slots, late = tail(rows, cut, users, fresh)
    order = order_by(slots, *(late[name] for name in columns))
    ends = Ragged.group(len(first), slots[order], late.take(order))
    stay = cut - first
    over = np.maximum(stay + ends.lengths - most, 0)
    before = np.minimum(over, stay)
    losers = (over > 0).nonzero()[0]
    lost_ms = _times(rows, ends, first, stay, over, losers)
    ends = within(ends, ends.offsets[:-1] + over - before, ends.offsets[1:])
    return Kept(replaced(rows, first + before, cut, ends), losers, lost_ms)


def _times(rows: Ragged, ends: Ragged, first: Ints, stay: Ints, over: Ints, losers: Ints) -> Ints:
    """The time of the last row that each of the losers lets go."""
    last = over[losers] - 1
    early = last < stay[losers]
    found: Ints = np.empty(len(losers), np.int64)
    found[early] = rows.data["ts_ms"][first[losers][early] + last[early]]
    late = losers[~early]
    found[~early] = ends.data["ts_ms"][ends.offsets[late] + last[~early] - stay[late]]
    return found
