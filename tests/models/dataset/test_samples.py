from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.made_up import dataset_of

from models.dataset import ENGAGEMENT, Dataset, DatasetError, SampleLog, split_by_time
from models.features import CONTRACT
from schemas.state import UserState
from schemas.tables import CandidateSet, DueUsers

HORIZON_MS = 100
TIMES = st.integers(0, 400)
Decision = tuple[int, int, list[int]]


def key(user: int) -> bytes:
    return bytes(15) + bytes([user])  # ends or begins with zero bytes, as any pseudonym may


def observed(decisions: list[Decision], filled: bool = True) -> tuple[DueUsers, CandidateSet]:
    """Decisions ``(user, now_ms, items)`` as they come out of the expert stage."""
    n = len(decisions)
    due = np.repeat(np.arange(n), [len(items) for _, _, items in decisions])
    item = np.array([i for _, _, items in decisions for i in items], np.uint64)
    none = np.zeros(n, np.int64)
    users = DueUsers(
        UserState.fresh([key(user) for user, _, _ in decisions]), none.astype(np.uint8),
        none.astype(np.uint64), none.astype(np.uint64), none.astype(np.uint64), none - 1,
        np.array([now for _, now, _ in decisions], np.int64), none, none, np.zeros(n, np.uint8),
    )  # fmt: skip
    pairs = CandidateSet(
        due, item, item * 0, np.ones(len(due), np.uint32), np.zeros(len(due), np.float32)
    )
    if filled:
        users.features = np.zeros((n, len(CONTRACT.user)), np.float32)
        pairs.features = np.zeros((len(due), len(CONTRACT.pair)), np.float32)
    return users, pairs


def labelled(decisions: list[Decision], did: list[tuple[int, int, int]], until_ms: int) -> Dataset:
    log = SampleLog()
    for cut in (decisions[:2], decisions[2:]):
        log.observe(*observed(cut))
    rows = np.zeros(len(did), ENGAGEMENT)
    for row, (user, item, ts) in zip(rows, did, strict=True):
        row["user"], row["item"], row["ts_ms"] = key(user), item, ts
    return log.label(rows, HORIZON_MS, until_ms)


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), TIMES, st.lists(st.integers(1, 4), max_size=3, unique=True)),
        max_size=8,
    ),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), TIMES), max_size=20),
    st.integers(100, 500),
)
def test_labels_are_what_a_search_of_the_events_finds(
    decisions: list[Decision], did: list[tuple[int, int, int]], until_ms: int
) -> None:
    found = labelled(decisions, did, until_ms)
    resolved = [each for each in decisions if each[1] + HORIZON_MS <= until_ms]
    resolved.sort(key=lambda each: (each[1], key(each[0])))
    assert found.now_ms.tolist() == [now for _, now, _ in resolved]
    acted = [
        any(u == user and now < ts <= now + HORIZON_MS for u, _, ts in did)
        for user, now, _ in resolved
    ]
    assert found.acted.tolist() == acted
    pairs = set()
    for due, item, engaged in zip(
        found.due.tolist(), found.item.tolist(), found.engaged.tolist(), strict=True
    ):
        now, user = int(found.now_ms[due]), found.users[due].tobytes()[-1]
        want = any((u, i) == (user, item) and now < ts <= now + HORIZON_MS for u, i, ts in did)
        assert engaged == want
        pairs.add((now, user, item))
    assert pairs == {(now, user, item) for user, now, items in resolved for item in items}
    assert found.wanted is not None
    assert found.wanted.tolist() == [
        len({i for u, i, ts in did if u == user and i and now < ts <= now + HORIZON_MS})
        for user, now, _ in resolved
    ]


def test_what_happens_at_the_moment_of_the_decision_is_no_outcome() -> None:
    found = labelled([(1, 50, [7])], [(1, 7, 50)], 500)
    assert not found.acted.any()
    assert not found.engaged.any()


@pytest.mark.parametrize(("until_ms", "kept"), [(149, 0), (150, 1)])
def test_a_decision_whose_horizon_is_still_open_is_dropped(until_ms: int, kept: int) -> None:
    assert len(labelled([(1, 50, [7])], [(1, 7, 60)], until_ms)) == kept


def test_samples_before_the_expert_stage_are_refused() -> None:
    with pytest.raises(DatasetError, match="after the expert stage"):
        SampleLog().observe(*observed([(1, 50, [7])], filled=False))


def test_the_order_in_which_partitions_are_replayed_does_not_matter() -> None:
    decisions: list[Decision] = [(1, 50, [7, 3]), (2, 50, [5]), (3, 20, [9])]
    did = [(1, 3, 60), (2, 5, 70)]
    forward, backward = (labelled(each, did, 500) for each in (decisions, decisions[::-1]))
    for name in ("users", "now_ms", "acted", "due", "item", "engaged"):
        assert getattr(forward, name).tobytes() == getattr(backward, name).tobytes()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_labels_of_a_block_are_known_before_the_next_begins(seed: int) -> None:
    data = dataset_of(seed, 400)
    train, later, test = split_by_time(data)
    assert min(len(train), len(later), len(test)) > 0
    assert int((train.now_ms + data.horizon_ms).max()) < int(later.now_ms.min())
    assert int((later.now_ms + data.horizon_ms).max()) < int(test.now_ms.min())
    assert len(train) + len(later) + len(test) < len(data)


def test_pairs_follow_their_decisions() -> None:
    data = dataset_of(1, 200)
    chosen = np.random.default_rng(0).random(len(data)) < 0.3
    part = data.take(chosen)
    kept = chosen[data.due]
    assert np.array_equal(part.item, data.item[kept])
    assert np.array_equal(part.now_ms[part.due], data.now_ms[data.due][kept])


def test_nothing_splits_into_nothing() -> None:
    empty = SampleLog().label(np.zeros(0, ENGAGEMENT), HORIZON_MS, 1_000)
    assert [len(block) for block in split_by_time(empty)] == [0, 0, 0]
