"""The past ends in one suppression, whatever else would have stopped it."""

from __future__ import annotations

import numpy as np
from support.due import EVENING_MS, Person, due_users

from schemas.tables import Stopped
from schemas.vocabulary import StopReason
from streams.pipeline.policy.caught_up import silence_past


def test_each_row_of_the_past_has_one_stop_and_the_others_keep_theirs():
    due = due_users(Person(), Person(), Person())
    told = [Stopped(row, StopReason.CAP_REACHED, "cap", {}) for row in (0, 2)]
    stops = silence_past(due, np.array([True, True, False]), told)
    assert [(stop.due, stop.reason) for stop in stops] == [
        (0, StopReason.CAUGHT_UP), (1, StopReason.CAUGHT_UP), (2, StopReason.CAP_REACHED),
    ]  # fmt: skip
    assert stops[0].numbers == {"now_ms": EVENING_MS}
