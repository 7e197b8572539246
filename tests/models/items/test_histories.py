from __future__ import annotations

import numpy as np

from models.items import Histories


def made(*rows):
    row = np.repeat(np.arange(len(rows)), [len(items) for items in rows])
    item = np.array([item for items in rows for item in items], np.int64)
    return Histories.group(row, item, np.arange(len(item)), len(rows))


def test_the_newest_item_is_no_step_back():
    histories = made([4, 5, 6], [], [7])
    assert histories.back.tolist() == [2, 1, 0, 0]
    assert histories.lengths.tolist() == [3, 0, 1]


def test_slices_and_cuts_keep_the_order():
    histories = made([4, 5, 6], [], [7])
    assert histories.newest(2).item.tolist() == [5, 6, 7]
    assert histories.without_newest(2).item.tolist() == [4]
    assert histories.take(np.array([2, 0])).item.tolist() == [7, 4, 5, 6]


def test_of_an_item_seen_twice_the_newest_counts():
    assert made([1, 2, 1]).decayed(3, 0.5).toarray().tolist() == [[0, 1, 0.5]]
