"""What several families need of a view is worked out once."""

from __future__ import annotations

import numpy as np
from support.made_up import NOW_MS, random_state

from models.features.view import UserView, user_view


def test_what_a_family_made_is_kept_for_the_view_and_for_no_other() -> None:
    asked: list[UserView] = []

    def make(view: UserView) -> np.ndarray:
        asked.append(view)
        return np.full(len(view), float(len(asked)))

    state, now_ms, zones = random_state(1, 3), np.full(3, NOW_MS), ["UTC"] * 3
    one, other = user_view(state, now_ms, zones), user_view(state, now_ms, zones)
    assert one.once(make) is one.once(make)
    assert other.once(make).tolist() == [2.0, 2.0, 2.0]
    assert len(asked) == 2
