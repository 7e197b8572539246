"""Labels: did it happen after the decision and within the horizon."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID


def any_within(
    users: NDArray[Any],
    items: NDArray[np.uint64] | None,
    now_ms: NDArray[np.int64],
    engagements: NDArray[Any],
    horizon_ms: int,
) -> NDArray[np.bool_]:
    """Return, per row, whether its user engaged in ``(now, now + horizon]``: bool[rows].

    ``users``: 16 raw bytes each; ``items``: with this item, None: with anything at all.
    """
    who = _codes(users, engagements["user"], items, engagements["item"])
    ts_ms = np.concatenate((now_ms, engagements["ts_ms"]))
    asked = np.arange(len(who)) < len(users)
    # At equal times the engagement comes first, so "next" is strictly later than the decision.
    order = np.lexsort((asked, ts_ms, who))
    place = np.where(asked[order], len(order), np.arange(len(order)))
    following = np.minimum.accumulate(place[::-1])[::-1]
    found = order[np.minimum(following, len(order) - 1)] if len(order) else order
    ok = (following < len(order)) & (who[found] == who[order])
    ok &= ts_ms[found] - ts_ms[order] <= horizon_ms
    answer = np.zeros(len(who), np.bool_)
    answer[order] = ok
    return answer[: len(users)]


def items_within(
    users: NDArray[Any],
    now_ms: NDArray[np.int64],
    engagements: NDArray[Any],
    horizon_ms: int,
) -> NDArray[np.int64]:
    """Return with how many distinct items each row's user engaged in ``(now, now + horizon]``.

    Those that nobody offered count as well: a ranking that leaves them out flatters its sources.
    """
    told = engagements[engagements["item"] != NO_ID]
    who = _codes(users, told["user"], None, told["item"])
    asking, acting = who[: len(users)], who[len(users) :]
    order = np.lexsort((told["item"], told["ts_ms"], acting))
    acting, ts_ms, item = acting[order], told["ts_ms"][order], told["item"][order]
    begin_ms = min((int(each.min()) for each in (ts_ms, now_ms) if len(each)), default=0)
    span = int(max(ts_ms.max(initial=0), (now_ms + horizon_ms).max(initial=0))) + 1 - begin_ms
    key, asked = acting * span + ts_ms - begin_ms, asking * span + now_ms - begin_ms
    first = np.searchsorted(key, asked, side="right")
    count = np.searchsorted(key, asked + horizon_ms, side="right") - first
    row = np.repeat(np.arange(len(users)), count)
    index = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
    # Each item once a row: sorted by (row, item), a run is one.
    found = item[index]
    order = np.lexsort((found, row))
    row, found = row[order], found[order]
    new = np.ones(len(row), np.bool_)
    new[1:] = (row[1:] != row[:-1]) | (found[1:] != found[:-1])
    return np.bincount(row[new], minlength=len(users)).astype(np.int64)


def _codes(
    users: NDArray[Any],
    engaged_users: NDArray[Any],
    items: NDArray[np.uint64] | None,
    engaged_items: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """One number per distinct user, or user and item, over rows and then engagements."""
    both = np.concatenate((_halves(users), _halves(engaged_users)))
    columns = [both[:, 0], both[:, 1]]
    if items is not None:
        columns.append(np.concatenate((items, engaged_items)))
    order = np.lexsort(columns)
    new = np.zeros(len(order), np.bool_)
    for column in columns:
        ordered = column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    codes = np.empty(len(order), np.int64)
    codes[order] = np.cumsum(new)
    return codes


def _halves(users: NDArray[Any]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(users).view("<u8").reshape(-1, 2)
