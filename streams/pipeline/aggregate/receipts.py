"""Receipts as they come: from several devices, in any order, twice, before their push is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import EARLY, NEVER_MS, Ragged, UserState, joined
from schemas.tables import RECEIPT_ROW
from schemas.vocabulary import PushStatus
from streams.pipeline.aggregate.fates import SHOWN
from streams.shared.arrays import order_by, places

EARLY_RECEIPTS = 16
"""Of each user the newest receipts that fit no push, by (ts, id, status)."""
_ORDER = ("ts_ms", "id_hi", "id_lo", "status", "revision")
Ints = NDArray[np.int64]


def apply_receipts(state: UserState, receipts: NDArray[Any]) -> None:
    """Note what ``receipts`` (RECEIPT_ROW) tell of the pushes that they name; keep those that fit none."""
    if not len(receipts):
        return
    of = _pushes_of(state, receipts)
    _tell(state, receipts, of)
    strangers = receipts.compress(of < 0)
    if len(strangers):
        _keep(state, joined((_kept(state), strangers)))


def without_push(state: UserState, receipts: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the ``receipts`` (RECEIPT_ROW) that fit no push that is known."""
    return _pushes_of(state, receipts) < 0


def apply_early(state: UserState) -> None:
    """Apply the receipts that came before their push, if it has come since."""
    if not len(state.early.data):
        return
    kept = _kept(state)
    of = _pushes_of(state, kept)
    if (of >= 0).any():
        _tell(state, kept, of)
        _keep(state, kept.compress(of < 0))


def _pushes_of(state: UserState, receipts: NDArray[Any]) -> Ints:
    """Return int64[receipts]: the place of each one's push in ``state.pushes.data``, -1: none fits."""
    pushes, slots = state.pushes.data, state.pushes.slots
    if not len(receipts) or not len(pushes):
        return np.full(len(receipts), -1)
    named = np.isin(pushes["id_lo"], receipts["id_lo"]).nonzero()[0]
    who = (slots[named].tolist(), *(pushes[name][named].tolist() for name in ("id_hi", "id_lo")))
    found = dict(zip(zip(*who, strict=True), named.tolist(), strict=True))
    asked = (receipts[name].tolist() for name in ("user", "id_hi", "id_lo"))
    return np.array([found.get(key, -1) for key in zip(*asked, strict=True)], np.int64)


def _tell(state: UserState, receipts: NDArray[Any], of: Ints) -> None:
    """Add to the facts of the pushes at the places ``of``; all of it is the same in any order."""
    if not (of >= 0).any():
        return
    receipts, of = receipts.compress(of >= 0), of[of >= 0]
    pushes = state.pushes.data.copy()
    told = np.left_shift(1, receipts["status"].astype(np.uint16)).astype(np.uint16)
    np.bitwise_or.at(pushes["told"], of, told)
    sent, shown = receipts["status"] == PushStatus.SENT, told & SHOWN != 0
    _earliest(pushes["sent_ms"], of[sent], receipts["ts_ms"][sent])
    _earliest(pushes["first_ms"], of[shown], receipts["ts_ms"][shown])
    np.maximum.at(pushes["last_ms"], of[shown], receipts["ts_ms"][shown])
    state.pushes = Ragged(pushes, state.pushes.offsets)


def _earliest(times: Ints, of: Ints, ts_ms: Ints) -> None:
    """Lower the times at the places ``of`` to ``ts_ms``; those that are not known become known."""
    fresh = of[times[of] <= NEVER_MS]
    times[fresh] = np.iinfo(np.int64).max
    np.minimum.at(times, of, ts_ms)


def _kept(state: UserState) -> NDArray[Any]:
    """The early receipts as RECEIPT_ROWs."""
    rows = np.zeros(len(state.early.data), RECEIPT_ROW)
    rows["user"], rows["pos"] = state.early.slots, -1
    for name in _ORDER:
        rows[name] = state.early.data[name]
    return rows


def _keep(state: UserState, receipts: NDArray[Any]) -> None:
    """Make ``receipts`` the early ones: each once, the newest of a user."""
    rows = np.zeros(len(receipts), EARLY)
    for name in _ORDER:
        rows[name] = receipts[name]
    slots = receipts["user"].astype(np.int64)
    order = order_by(slots, *(rows[name] for name in _ORDER))[::-1]  # the newest first
    slots, rows = slots[order], rows.take(order)
    again = (slots[1:] == slots[:-1]) & (rows[1:] == rows[:-1])
    once = np.append(True, ~again)[: len(rows)]
    slots, rows = slots[once], rows.compress(once)
    newest = places(slots) < EARLY_RECEIPTS
    slots, rows = slots[newest][::-1], rows.compress(newest)[::-1]
    state.early = Ragged.group(len(state), slots, np.ascontiguousarray(rows))
