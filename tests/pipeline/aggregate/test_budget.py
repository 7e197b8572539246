"""Decisions are counted by user and hour of stream time."""

from __future__ import annotations

import numpy as np

from schemas.state import UserState
from streams.pipeline.aggregate.budget import HOUR_MS, note_spent, spent

NOON_MS = 1_774_000_000_000 // HOUR_MS * HOUR_MS


def test_each_user_has_a_count_of_the_latest_hour_only():
    state = UserState.fresh([bytes([n]) * 16 for n in range(3)])
    for minute, users in ((0, [2, 0]), (59, [2]), (60, [0])):
        rows = np.array(users)
        note_spent(state, rows, np.full(len(rows), NOON_MS + minute * 60_000))
    everyone = np.arange(3)
    first, second = np.full(3, NOON_MS), np.full(3, NOON_MS + HOUR_MS)
    assert spent(state, everyone, first).tolist() == [0, 0, 2]
    assert spent(state, everyone, second).tolist() == [1, 0, 0]
    assert state.budget.lengths.tolist() == [1, 0, 1]
