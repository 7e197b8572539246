"""What one part of the learner cannot count is missing from that part alone, however signals came."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.learning import DAY_MS, T_MS, VIEW, signals
from support.panic import PanicException

from streams.learner.contained import Contained
from streams.learner.learner import Bounds, Learner
from streams.learner.near import NearDemand, cells_beside
from streams.settings import Settings

BAD = 66


class Choosy(NearDemand):
    """Cannot count one cell."""

    def add(self, cells, slots, ts_ms, weights):
        if (cells == BAD).any():
            raise RuntimeError("a secret value")
        super().add(cells, slots, ts_ms, weights)


def told(rows):
    made = signals([(user, item, 0, VIEW, T_MS) for user, item, _ in rows])
    made.cells = b"".join(cell.to_bytes(8, "little") for _, _, cell in rows)
    return made


def choosy():
    learner = Learner(Settings(), Bounds(chunk=7))
    learner._counts.near = Choosy(cells_beside)
    return learner


ROWS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 5), st.sampled_from([0, 5, BAD])), max_size=40
)


@given(ROWS, st.lists(st.integers(0, 40), max_size=4))
@settings(max_examples=examples(60), deadline=None)
def test_rows_that_one_part_cannot_count_are_missing_there_alone(rows, cuts):
    learner, sound = choosy(), Learner(Settings(), Bounds(chunk=7))
    sound.absorb(told([(user, item, cell if cell != BAD else 0) for user, item, cell in rows]))
    bounds = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for start, stop in itertools.pairwise(bounds):
        learner.absorb(told(rows[start:stop]))
    mine, wanted = (each.epoch(1, T_MS + DAY_MS, 0) for each in (learner, sound))
    assert msgspec.msgpack.encode(mine) == msgspec.msgpack.encode(wanted)
    assert bool(learner.left_out()) == any(cell == BAD for _, _, cell in rows)


def test_what_was_left_out_is_told_once_with_its_place_and_no_value():
    learner = choosy()
    learner.absorb(told([(1, 1, BAD), (2, 1, 0), (3, 1, BAD)]))
    learner.epoch(1, T_MS, 0)
    (sentence,) = learner.left_out()
    assert sentence.startswith("not counted in cells: RuntimeError in streams.learner.")
    assert sentence.endswith("(2 times)")
    assert "secret" not in sentence
    assert learner.left_out() == []


PARTS = {
    "neighbours": ("_similar", "lists", {}),
    "cell_trending": ("_counts.near", "of", {}),
    "segment_trending": ("_counts.segments", "of", {}),
    "exposure": ("_exposure", "told", (b"", b"")),
    "described": ("_describer", "say", {}),
    "demand": ("_counts.forecasts", "demand", None),
    "activity": ("_counts.activity", "activity", None),
    "wakes": ("_wakes", "told", None),
}


@pytest.mark.parametrize("name", PARTS)
def test_an_epoch_goes_without_the_part_that_cannot_be_made(name, monkeypatch):
    learner = Learner(Settings())
    learner.absorb(told([(user, item, 5) for user in range(9) for item in (1, 2)]))
    where, method, nothing = PARTS[name]
    part = learner
    for step in where.split("."):
        part = getattr(part, step)
    monkeypatch.setattr(type(part), method, lambda *_: 1 // 0)
    epoch = learner.epoch(1, T_MS, 0)
    if nothing is not None:
        assert getattr(epoch, name) == nothing
    assert len(epoch.trending[0]) == 16
    assert all("ZeroDivisionError in streams.learner." in each for each in learner.left_out())
    assert msgspec.msgpack.encode(epoch)


def test_a_shortage_of_memory_is_no_fault_of_the_rows(monkeypatch):
    learner = Learner(Settings(), Bounds(chunk=1))

    def short(*_):
        raise MemoryError

    monkeypatch.setattr(NearDemand, "add", short)
    with pytest.raises(MemoryError):
        learner.absorb(told([(1, 1, 5)]))


def test_a_panic_is_left_out_and_what_no_rows_are_to_blame_for_is_raised():
    contained = Contained()
    raising = {
        PanicException: True, RuntimeError: True, KeyboardInterrupt: False, MemoryError: False,
    }  # fmt: skip
    for error, is_left_out in raising.items():
        for work in (lambda e=error: throw(e), lambda e=error: count(contained, e)):
            if is_left_out:
                contained.part("demand", work, None)
            else:
                with pytest.raises(error):
                    contained.part("demand", work, None)
    assert len(contained.take()) == 4


def count(contained, error):
    contained.count("cells", lambda rows: throw(error), np.zeros(1, np.uint8))


def throw(error):
    raise error("a secret value")
