"""The contract, and that nobody's features depend on who else is in the batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.examples import examples
from support.made_up import DAY_MS, ITEMS, NOW_MS, ZONES, attributes_of, random_state

from models.features import CONTRACT, Contract, pair_features, user_features
from models.features.pairs import Around, nothing_told

USERS, PER_USER = 256, 5
STATE = random_state(7, USERS, 80)
RNG = np.random.default_rng(8)
NOW = NOW_MS - RNG.integers(0, 200 * DAY_MS, USERS)
ZONE_OF = [ZONES[i % len(ZONES)] for i in range(USERS)]
ITEM = RNG.integers(1, ITEMS, (USERS, PER_USER)).astype(np.uint64)
SCORE = RNG.random((USERS, PER_USER)).astype(np.float32)


def users_of(rows: NDArray[np.int64]) -> bytes:
    return user_features(STATE.take(rows), NOW[rows], [ZONE_OF[i] for i in rows.tolist()]).tobytes()


def pairs_of(rows: NDArray[np.int64]) -> bytes:
    due, item = np.repeat(np.arange(len(rows)), PER_USER), ITEM[rows].ravel()
    return pair_features(
        STATE.take(rows), due, item, np.zeros(len(item), np.uint64), attributes_of(item),
        SCORE[rows].ravel(), NOW[rows], nothing_told, Around.unknown(len(rows)),
    ).tobytes()  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 7, 256])
def test_rows_are_bit_equal_in_batches_of(size: int) -> None:
    everyone = np.arange(USERS)
    cuts = [everyone[i : i + size] for i in range(0, USERS, size)]
    assert b"".join(map(users_of, cuts)) == users_of(everyone)
    assert b"".join(map(pairs_of, cuts)) == pairs_of(everyone)


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.integers(0, USERS - 1), min_size=1, max_size=20))
def test_the_order_of_users_does_not_matter(chosen: list[int]) -> None:
    rows = np.array(chosen)
    assert users_of(rows) == b"".join(users_of(rows[i : i + 1]) for i in range(len(rows)))
    assert pairs_of(rows) == b"".join(pairs_of(rows[i : i + 1]) for i in range(len(rows)))


def test_a_row_has_the_columns_of_the_contract() -> None:
    rows = user_features(STATE, NOW, ZONE_OF)
    assert rows.dtype == np.float32
    assert rows.shape == (USERS, len(CONTRACT.user))
    assert not np.isinf(rows).any()
    names = CONTRACT.user + CONTRACT.pair
    assert len(set(names)) == len(names)


def test_nobody_gives_no_rows() -> None:
    nobody = STATE.take(np.zeros(0, np.int64))
    assert user_features(nobody, NOW[:0], []).shape == (0, len(CONTRACT.user))
    assert pairs_of(np.zeros(0, np.int64)) == b""


def test_somebody_of_whom_nothing_is_known_has_a_row() -> None:
    fresh = type(STATE).fresh([bytes(16)])
    row = user_features(fresh, np.array([NOW_MS]), ["UTC"])[0]
    assert np.isnan(row[CONTRACT.user.index("hours_since_any")])
    assert row[CONTRACT.user.index("any_30d")] == 0


def test_the_hash_changes_with_any_name_and_their_order() -> None:
    variants = [
        Contract(1, ("a", "b"), ("c",)),
        Contract(1, ("b", "a"), ("c",)),
        Contract(1, ("a",), ("b", "c")),
        Contract(2, ("a", "b"), ("c",)),
        Contract(1, ("a", "b"), ("d",)),
    ]
    assert len({each.hash for each in variants}) == len(variants)


def test_arguments_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="256 users, 255 times"):
        user_features(STATE, NOW[1:], ZONE_OF)
