"""Signals in parts: each small enough, together the same to the learner."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.learning import BUY, T_MS, VIEW, signals
from support.records import Log

from schemas.globals import Signals
from schemas.ids import hash64
from streams.learner.learner import Learner
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.publish.signal_parts import parts
from streams.settings import Settings, load_settings
from streams.shared.sizes import LARGEST_BYTES
from streams.state.store import MemoryStore

facts = st.tuples(
    st.integers(1, 4), st.integers(1, 9), st.integers(0, 3), st.sampled_from([VIEW, BUY])
)


@st.composite
def told(draw):
    """Facts of a few users and items, in cells or none, some shared, with pushes and withdrawals."""
    rows = [(*row, T_MS + n) for n, row in enumerate(draw(st.lists(facts, max_size=60)))]
    whole = signals(rows)
    whole.names = {n: f"{n} {'x' * draw(st.integers(0, 256))}" for n in range(1, 14)}
    if rows and draw(st.booleans()):
        whole.cells = np.array([1 + n % 12 for n in range(len(rows))], "<u8").tobytes()
    if rows and draw(st.booleans()):
        whole.shared = bytes(n % 2 for n in range(len(rows)))
    pushed = draw(st.lists(st.integers(1, 9), max_size=30))
    whole.pushed = np.array(pushed, "<u8").tobytes()
    whole.pushed_ms = np.array([T_MS + n for n in range(len(pushed))], "<i8").tobytes()
    whole.unshared = np.array(draw(st.lists(st.integers(1, 4), max_size=30)), "<u8").tobytes()
    return whole


def epoch_of(*absorbed):
    learner = Learner(Settings())
    learner.absorb(signals([(n, n, 1, BUY, T_MS - 1) for n in range(1, 5)]))
    for each in absorbed:
        learner.absorb(each)
    return msgspec.msgpack.encode(learner.epoch(1, T_MS + 100, 0))


@settings(max_examples=examples(150))
@given(told(), st.integers(1_300, 4_000))
def test_parts_are_small_enough_and_teach_the_same(whole, largest_bytes):
    cut = list(parts(whole, largest_bytes))
    assert all(len(msgspec.msgpack.encode(part)) <= largest_bytes for part in cut)
    for name in ("users", "items", "ts_ms", "cells", "shared", "pushed", "pushed_ms", "unshared"):
        assert b"".join(getattr(part, name) for part in cut) == getattr(whole, name)
    assert sum(len(part.names) for part in cut) == len(whole.names)
    assert epoch_of(*cut) == epoch_of(whole)


@settings(max_examples=examples(50))
@given(told())
def test_a_text_comes_with_the_first_part_that_needs_it(whole):
    known: set[int] = set()
    for part in parts(whole, 1_300):
        known |= part.names.keys()
        needed = {*np.frombuffer(part.items + part.categories + part.cells, "<u8").tolist()} - {0}
        assert needed <= known


@pytest.mark.slow
def test_orders_of_many_new_lines_leave_as_records_that_a_stock_broker_takes():
    log = Log()
    for n in range(2_000):
        items = [f"{n}-{k}-{'x' * 40}" for k in range(20)]
        log.purchase(f"u{n}", items, T_MS + n)
    effects = Pipeline(load_settings({}), Vault(b"large", "default")).process(
        0, MemoryStore(), log.records
    )
    values = [output.value for output in effects.outputs if output.topic == "signals"]
    assert sum(map(len, values)) > 2_200_000
    assert max(map(len, values)) <= LARGEST_BYTES
    decoded = [msgspec.msgpack.decode(value, type=Signals) for value in values]
    assert sum(len(each.items) for each in decoded) == 8 * 40_000
    assert hash64(f"1999-19-{'x' * 40}") in decoded[-1].names
