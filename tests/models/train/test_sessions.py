from __future__ import annotations

import numpy as np
import pytest

from models.bundle import BundleError
from models.bundle.sessions import HELD, LED, Sessions
from models.bundle.tables import ItemTables, columns_of, packed
from models.items import Histories
from models.train.sessions import GAP_MS, SAMPLED, session_tables

ITEMS = np.arange(10, 60, dtype=np.uint64)


def tables_of(visits: list[tuple[int, int, int]]) -> Sessions:
    """``visits``: (user, item, ms) by user and time."""
    user, item, ts_ms = (np.array(column) for column in zip(*visits, strict=True))
    found = session_tables(Histories.group(user, item, ts_ms, int(user.max()) + 1), len(ITEMS))
    assert found is not None
    return ItemTables.of(
        columns_of(packed(ITEMS, dict(zip((LED, HELD), found, strict=True))))
    ).sessions


def test_a_pause_ends_a_session_and_one_item_makes_none() -> None:
    late = GAP_MS + 2
    found = tables_of(
        [(0, 1, 0), (0, 2, 1), (0, 2, 2), (0, 3, late + 2), (0, 4, late + 3), (1, 5, 0)]
    )
    assert len(found) == 2
    row, item, _ = found.held_in(np.array([0, 1], np.uint32))
    assert list(zip(row.tolist(), (item - 10).tolist(), strict=True)) == [
        (0, 1),
        (0, 2),
        (1, 3),
        (1, 4),
    ]
    assert not len(found.led_by(ITEMS[[5, 6]], 9)[0]), "nobody had it with another"


def test_an_item_leads_to_its_newest_sessions_first() -> None:
    many = [
        (user, item, 1_000 - user) for user in range(SAMPLED + 20) for item in (0, 1 + user % 9)
    ]
    found = tables_of(many)
    _row, session, score = found.led_by(ITEMS[:1], 1_000)
    assert session.tolist() == list(range(SAMPLED))
    assert found.led_by(ITEMS[:1], 3)[1].tolist() == [0, 1, 2]
    assert ((score > 0) & (score <= 1)).all()


def test_rare_items_say_more() -> None:
    found = tables_of([(user, item, 0) for user in range(4) for item in (0, 1 + user)])
    _, item, worth = found.held_in(np.array([2], np.uint32))
    told = dict(zip((item - 10).tolist(), worth.tolist(), strict=True))
    assert told[3] == 1.0
    assert told[0] == pytest.approx(np.log(2) / np.log(5))


def test_nobody_with_two_items_is_no_table() -> None:
    assert (
        session_tables(Histories.group(np.array([0]), np.array([1]), np.array([0]), 1), 3) is None
    )


@pytest.mark.parametrize("name", [LED, HELD])
def test_half_a_pair_of_tables_is_refused(name: str) -> None:
    lone = packed(ITEMS, {name: (np.zeros(len(ITEMS) + 1), np.zeros(0), np.zeros(0))})
    with pytest.raises(BundleError, match="sessions"):
        ItemTables.of(columns_of(lone))
