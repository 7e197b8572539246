"""The search never tests on what it learnt from, and finds what later data prefer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.made_up import dataset_of

from models.bundle import Bundle
from models.train import search as module
from models.train import train_bundle
from models.train.fit import Trees
from models.train.search import search_trees, time_folds

LITTLE = Trees(rounds=5, leaves=3, least_leaf=50, rate=0.1, l2=10.0)
MUCH = Trees(rounds=40, leaves=12, least_leaf=5, rate=0.2, l2=0.0)


@given(st.lists(st.integers(0, 10_000), max_size=60), st.integers(0, 3_000))
def test_what_is_learnt_was_resolved_before_the_fold_began(times, horizon) -> None:
    now_ms = np.array(times, np.int64)
    seen = np.zeros(len(now_ms), int)
    for before, after in time_folds(now_ms, horizon):
        assert now_ms[before].max() + horizon < now_ms[after].min()
        seen += after
    assert (seen <= 1).all()


@pytest.mark.slow
def test_noise_prefers_little_and_a_pattern_prefers_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRID", (LITTLE, MUCH))
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3_000, 4)).astype(np.float32)
    now_ms = np.arange(3_000)
    noise = rng.random(3_000) < 0.3
    board = (rows[:, 0] > 0) ^ (rows[:, 1] > 0)
    assert search_trees("noise", rows, noise, now_ms, 10, MUCH, 0) == LITTLE
    assert search_trees("board", rows, board, now_ms, 10, LITTLE, 0) == MUCH


def test_nothing_to_learn_from_leaves_the_default() -> None:
    none = np.zeros(0)
    rows = np.zeros((0, 3), np.float32)
    found = search_trees("x", rows, none.astype(bool), none.astype(np.int64), 10, LITTLE, 0)
    assert found == LITTLE


@pytest.mark.slow
def test_a_searched_bundle_says_what_was_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRID", (LITTLE,))
    train_bundle(dataset_of(5), tmp_path / "b", search=True)
    notes = Bundle.load(tmp_path / "b").manifest.notes
    assert any(note.startswith("temporal_user: the search chose Trees(") for note in notes)
