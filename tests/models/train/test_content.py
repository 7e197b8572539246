from __future__ import annotations

import numpy as np
import pytest

from models.items.content import Described
from models.train.content import COLD, content_table

KNOWN = 3 * COLD


def found(told: list[Described], popularity: dict[int, int]) -> dict[tuple[int, int], float]:
    """(seen, cold item) -> likeness."""
    items = np.array(sorted(each.number for each in told), np.uint64)
    table = content_table(told, items, np.array([popularity.get(int(n), 0) for n in items]))
    if table is None:
        return {}
    rows = table.tocoo()
    pairs = zip(items[rows.row].tolist(), items[rows.col].tolist(), strict=True)
    return dict(zip(pairs, rows.data.tolist(), strict=True))


def words(number: int, text: str, embedding: list[float] | None = None) -> Described:
    return Described(number, number, text, embedding)


def test_a_cold_item_is_found_by_what_it_is_described_like() -> None:
    shop = [words(1, "steel kettle"), words(2, "garden chair"), words(3, "kettle copper")]
    assert set(found(shop, {1: KNOWN, 2: KNOWN})) == {(1, 3)}


def test_what_people_know_is_left_to_what_people_do() -> None:
    shop = [words(1, "steel kettle"), words(3, "steel kettle")]
    assert found(shop, {1: KNOWN, 3: COLD}) == {}
    assert found(shop, {1: KNOWN, 3: COLD - 1}) == {(1, 3): pytest.approx(1.0)}


def test_the_shops_embedding_counts_half() -> None:
    """Same words, right angles: the cosine of both is that of the words over two."""
    shop = [words(1, "kettle", [1.0, 0.0]), words(2, "kettle", [0.0, 1.0])]
    assert found(shop, {1: KNOWN}) == {(1, 2): pytest.approx(0.5)}
    alone = [words(1, "", [3.0, 0.0]), words(2, "", [5.0, 0.0])]
    assert found(alone, {1: KNOWN}) == {(1, 2): pytest.approx(1.0)}


def test_nothing_said_or_nothing_seen_gives_no_table() -> None:
    assert found([words(1, ""), words(2, "")], {1: KNOWN}) == {}
    assert found([words(1, "kettle"), words(2, "kettle")], {}) == {}
