"""The dictionary gives each hash its text back, however it has grown."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import hash64
from streams.state.dictionary import LOAD, Dictionary, Table
from streams.state.store import MemoryStore

TABLE = Table(b"n", hash64("a secret") | 1)
texts = st.lists(st.text(max_size=8), max_size=12 * LOAD, unique=True)


def _by_hash(some):
    return {hash64(text): text for text in some}


@given(texts, st.lists(st.integers(0, 12 * LOAD), max_size=4))
def test_every_text_is_found_by_its_hash_whatever_was_added_together(every, cuts):
    store = MemoryStore()
    dictionary = Dictionary(store.get_many, 0, TABLE)
    edges = [0, *sorted(min(cut, len(every)) for cut in cuts), len(every)]
    for start, stop in itertools.pairwise(edges):
        rows, fresh = dictionary.add(_by_hash(every[start:stop]))
        assert fresh == _by_hash(every[start:stop])
        store.apply(rows)
    assert dictionary.count == len(every)
    assert dictionary.find(_by_hash(every)) == _by_hash(every)
    assert dictionary.add(_by_hash(every)) == ({}, {})


@given(texts)
def test_texts_added_one_by_one_or_at_once_lie_in_the_same_rows(every):
    stores = MemoryStore(), MemoryStore()
    for store, parts in zip(stores, ([every], [[text] for text in every]), strict=True):
        dictionary = Dictionary(store.get_many, 0, TABLE)
        for part in parts:
            store.apply(dictionary.add(_by_hash(part))[0])
    one, other = ({key: sorted(row.split(b"\xff")) for key, row in s.rows.items()} for s in stores)
    assert one == other


def test_rows_stay_short():
    store = MemoryStore()
    dictionary = Dictionary(store.get_many, 0, TABLE)
    for start in range(0, 20_000, 1_000):
        store.apply(dictionary.add(_by_hash(f"item-{n}" for n in range(start, start + 1_000)))[0])
    held = [row.count(b"\xff") - 1 for row in store.rows.values()]
    assert sum(held) == 20_000
    assert max(held) < 5 * LOAD


def test_a_text_is_found_after_its_row_was_parted_for_texts_of_elsewhere():
    store = MemoryStore()
    dictionary = Dictionary(store.get_many, 0, TABLE)
    every = [f"item-{n}" for n in range(40 * LOAD)]
    for text in every:
        store.apply(dictionary.add(_by_hash([text]))[0])
    assert dictionary.find(_by_hash(every)) == _by_hash(every)


def test_a_hash_that_nobody_told_has_no_text():
    store = MemoryStore()
    dictionary = Dictionary(store.get_many, 0, TABLE)
    assert dictionary.find((7,)) == {7: None}
    store.apply(dictionary.add(_by_hash(["kettle"]))[0])
    assert dictionary.find((7, hash64("kettle"))) == {7: None, hash64("kettle"): "kettle"}


def test_texts_chosen_by_their_hashes_do_not_fill_a_row():
    chosen = [t for n in range(60_000) if hash64(t := f"item-{n}") % 128 == 7]
    others = [f"other-{n}" for n in range(2_048 - len(chosen))]
    store = MemoryStore()
    store.apply(Dictionary(store.get_many, 0, TABLE).add(_by_hash([*others, *chosen]))[0])
    assert max(row.count(b"\xff") - 1 for row in store.rows.values()) < 5 * LOAD


def test_a_dictionary_of_an_earlier_build_is_read_where_it_was_written():
    store = MemoryStore()
    store.apply({b"N" + bytes(4): b"\xffkettle\xff"})
    assert Dictionary(store.get_many, 1, Table(b"N", 0)).find((hash64("kettle"),)) == {
        hash64("kettle"): "kettle"
    }
