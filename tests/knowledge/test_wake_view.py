from __future__ import annotations

import numpy as np
import pytest

from schemas.globals import Wakes
from schemas.vocabulary import TriggerKind
from streams.knowledge.wake_view import WakeView


def wakes(partitions, kinds=None, users=None):
    users = list(range(len(partitions))) if users is None else users
    kinds = [TriggerKind.RESTOCK] * len(partitions) if kinds is None else kinds
    return Wakes(
        users=np.array(users, "<u8").tobytes(), partitions=np.array(partitions, "<u4").tobytes(),
        items=np.array([7] * len(partitions), "<u8").tobytes(), kinds=np.array(kinds, "u1").tobytes(),
    )  # fmt: skip


def test_a_partition_sees_its_own():
    view = WakeView.decode(wakes([0, 2, 2, 5]))
    assert view.of(2)["users"].tolist() == [1, 2]
    assert len(view.of(1)) == 0
    assert len(WakeView.decode(Wakes()).of(0)) == 0


@pytest.mark.parametrize(
    "broken",
    [
        wakes([1, 0]),
        wakes([0], kinds=[TriggerKind.CART_LEFT]),
        wakes([0], kinds=[200]),
        wakes([0, 1], users=[1]),
        Wakes(users=b"abc"),
    ],
)
def test_what_is_no_list_of_wakes_is_refused(broken):
    with pytest.raises(ValueError, match=r"wake|buffer"):
        WakeView.decode(broken)
