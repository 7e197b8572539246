"""Texts that nothing refers to are dropped, those that a row refers to never are, however long it goes on."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.ids import hash64
from schemas.state import CONTEXT, EVENT, PUSH, TIMER, Ragged, UserState
from streams.state import sweep
from streams.state.dictionary import LOAD
from streams.state.marker import Generation, Marker
from streams.state.rows import pack_rows
from streams.state.store import NAMES, USER, MemoryStore
from streams.state.sweep import DROPPED, LIFE_MS, Pace, step
from streams.state.texts import Texts

PACE = Pace(records=1, users=2, rows=2)
COLUMNS = {
    "events": (EVENT, ("item", "category")),
    "context": (CONTEXT, ("value",)),
    "pushes": (PUSH, ("item", "category")),
    "timers": (TIMER, ("item",)),
}
"""Where a row says hashes of texts."""


class Partition:
    """Users whose rows refer to texts, and the dictionary beside them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.marker = Marker(secret="s", stream_ms=0, generation=Generation(1, 0))

    def tell(self, texts: list[str]) -> None:
        """An event tells texts."""
        told = {hash64(text): text for text in texts}
        self.store.apply(Texts(self.store.get_many, self.marker).add(told)[0])

    def refer(self, user: int, section: str, texts: list[str]) -> None:
        """A user's row refers to these texts and no others: what an event told replaces what was."""
        state = UserState.fresh([bytes([user]) * 16])
        dtype, names = COLUMNS[section]
        rows = np.zeros(len(texts), dtype)
        for name in names:
            rows[name] = [hash64(text) for text in texts]
        setattr(state, section, Ragged(rows, np.array([0, len(rows)])))
        self.store.apply({USER + state.keys[0]: pack_rows(state)[0]})

    def step(self) -> None:
        self.store.apply(step(self.store, self.marker, PACE))

    def text(self, text: str) -> str | None:
        return Texts(self.store.get_many, self.marker).find((hash64(text),))[hash64(text)]

    def stored(self) -> int:
        """Texts in all rows of all generations."""
        rows = self.store.rows.items()
        return sum(row.count(b"\xff") - 1 for key, row in rows if key.startswith(NAMES))


acts = st.one_of(
    st.tuples(
        st.integers(0, 6), st.sampled_from(sorted(COLUMNS)),
        st.lists(st.integers(0, 60), max_size=4),
    ),
    st.tuples(st.just("step"), st.integers(1, 4), st.just([])),
    st.tuples(st.just("told"), st.just(""), st.lists(st.integers(0, 60), min_size=1, max_size=8)),
)  # fmt: skip


@given(st.lists(acts, max_size=60))
@settings(max_examples=examples(150))
def test_no_text_that_a_row_refers_to_is_ever_dropped(script):
    partition, held = Partition(), dict[int, list[str]]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "FEW", 8)
        for what, how, numbers in script:
            texts = [f"text {number}" for number in numbers]
            if what == "step":
                for _ in range(how):
                    partition.step()
            else:
                partition.tell(texts)
                if what != "told":
                    partition.refer(what, how, texts)
                    held[what] = texts
            for text in {*texts, *chain(*held.values())}:
                assert partition.text(text) == text
        partition.marker.stream_ms = LIFE_MS
        for _ in range(40):
            partition.step()
        assert partition.stored() == partition.marker.names == len(set(chain(*held.values())))


@pytest.mark.slow
def test_the_dictionary_is_bounded_by_what_is_in_use_however_much_was_told(monkeypatch):
    monkeypatch.setattr(sweep, "FEW", 100)
    partition, most = Partition(), 0
    for day in range(1_000):
        texts = [f"day {day} text {n}" for n in range(10)]
        partition.tell(texts)
        partition.refer(day % 5, "events", texts)
        partition.step()
        most = max(most, partition.stored())
    told, dropped = 10_000, partition.marker.counts[DROPPED]
    assert dropped > 9 * told // 10
    assert most < 400


@pytest.mark.parametrize("many", [4 * LOAD, 64 * LOAD])
def test_it_is_bounded_however_many_texts_come_between_two_steps(monkeypatch, many):
    monkeypatch.setattr(sweep, "FEW", 100)
    partition, sizes = Partition(), []
    for day in range(400):
        partition.tell([f"day {day} text {n}" for n in range(many)])
        partition.step()
        sizes.append(partition.stored())
    assert max(sizes) < 60 * many


def test_texts_in_use_cost_no_new_generation_until_there_are_twice_as_many(monkeypatch):
    monkeypatch.setattr(sweep, "FEW", 10)
    partition = Partition()
    texts = [f"text {n}" for n in range(50)]
    partition.tell(texts)
    partition.refer(1, "events", texts)
    for _ in range(20):
        partition.step()
    assert (partition.marker.generation.number, partition.marker.names) == (2, 50)
    partition.tell([f"more {n}" for n in range(49)])
    partition.step()
    assert partition.marker.generation.number == 2
    partition.tell(["one more"])
    partition.step()
    assert partition.marker.generation.number == 3


def test_a_text_that_nothing_refers_to_goes_with_age_though_there_are_few():
    partition = Partition()
    partition.tell(["kettle"])
    for _ in range(5):
        partition.step()
    assert partition.text("kettle") == "kettle"
    partition.marker.stream_ms = LIFE_MS
    for _ in range(5):
        partition.step()
    assert partition.text("kettle") is None
    assert partition.marker.counts[DROPPED] == 1
    assert partition.stored() == 0


def test_nothing_is_dropped_while_a_row_cannot_be_read_or_is_set_aside():
    partition = Partition()
    partition.tell(["kettle"])
    partition.store.apply({USER + b"b" * 16: b"spoilt"})
    partition.marker.stream_ms = LIFE_MS
    for _ in range(10):
        partition.step()
    assert partition.text("kettle") == "kettle"
    partition.store.apply({USER + b"b" * 16: None})
    partition.marker.set_aside = [b"b" * 16]
    for _ in range(10):
        partition.step()
    assert partition.text("kettle") == "kettle"


def test_a_fault_of_the_machine_is_not_taken_for_a_row_that_cannot_be_read(monkeypatch):
    def short(*_):
        raise MemoryError

    partition = Partition()
    partition.tell(["kettle"])
    partition.refer(1, "events", ["kettle"])
    partition.marker.stream_ms = LIFE_MS
    monkeypatch.setattr(sweep, "unpack_rows", short)
    with pytest.raises(MemoryError):
        partition.step()


def test_every_column_that_may_hold_the_hash_of_a_text_is_looked_at():
    state = UserState.fresh([b"u" * 16])
    expected = set()
    for number, (section, (dtype, names)) in enumerate(COLUMNS.items()):
        rows = np.zeros(1, dtype)
        for name in names:
            rows[name] = hash64(f"{number} {name}")
            expected.add(hash64(f"{number} {name}"))
        setattr(state, section, Ragged(rows, np.array([0, 1])))
    assert set(sweep.referred(state)) == expected


def test_a_dictionary_of_an_earlier_build_is_taken_over_by_the_first_generation():
    partition = Partition()
    partition.marker.generation, partition.marker.names = Generation(), 2
    partition.store.apply({b"N" + bytes(4): b"\xffkettle\xffmug\xff"})
    partition.refer(1, "events", ["kettle"])
    partition.marker.stream_ms = LIFE_MS
    assert partition.text("kettle") == "kettle"
    for _ in range(4):
        partition.step()
        assert partition.text("kettle") == "kettle"
    assert partition.text("mug") is None
    assert partition.store.get_many([b"N" + bytes(4)]) == [None]
