"""An epoch fits into its parts, whatever the names; the bounds of what is remembered hold."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from support.learning import DAY_MS, T_MS, VIEW, signals

import streams.learner.digest as digest
import streams.learner.names as names_module
from streams.learner.learner import Learner
from streams.settings import Settings


def crowd(users, items, name):
    rng = np.random.default_rng(0)
    rows = [
        (int(u), int(i), int(i) % 50 + 10**6, VIEW, T_MS - int(d))
        for u, i, d in zip(
            rng.integers(1, users, 60_000), rng.integers(1, items, 60_000),
            rng.integers(0, DAY_MS, 60_000), strict=True,
        )
    ]  # fmt: skip
    return signals(rows, names={n: name(n) for r in rows for n in r[1:3]})


@pytest.mark.slow
def test_an_epoch_stays_within_its_parts_even_with_the_longest_names():
    learner = Learner(Settings(candidates_per_source=200))
    learner.absorb(crowd(3_000, 30_000, lambda n: str(n).rjust(256, "x")))
    epoch = learner.epoch(1, T_MS, 0)
    size = len(msgspec.msgpack.encode(epoch))
    assert digest.MAX_EPOCH_BYTES // 2 < size <= digest.MAX_EPOCH_BYTES
    assert len(epoch.neighbours) > 20


def test_the_most_frequent_items_keep_their_neighbours_when_not_all_fit(monkeypatch):
    monkeypatch.setattr(digest, "MAX_EPOCH_BYTES", 3_000)
    rows = [(u, i, 0, VIEW, T_MS) for u in range(1, 200) for i in range(1, 60) if u % i == 0]
    learner = Learner(Settings(candidates_per_source=2))
    learner.absorb(signals(rows))
    epoch = learner.epoch(1, T_MS, 0)
    assert len(msgspec.msgpack.encode(epoch)) <= 3_000
    assert 0 < len(epoch.neighbours) < 59
    assert 1 in epoch.neighbours


def test_names_beyond_the_bound_are_forgotten_unless_an_item_bears_them(monkeypatch):
    monkeypatch.setattr(names_module, "MAX_NAMES", 10)
    learner = Learner(Settings())
    names = {n: str(n) for n in range(1, 50)}
    learner.absorb(signals([(1, 1, 40, VIEW, T_MS)], names=names))
    learner.epoch(1, T_MS, 0)
    learner.absorb(signals([(1, 2, 0, VIEW, T_MS)], names={}))
    assert learner.epoch(2, T_MS, 0).names == {1: "1", 40: "40"}
