from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.globals import Epoch
from schemas.ids import hash64
from schemas.tables import SourceRecord
from streams.knowledge.shared import MAX_EPOCHS, EpochView, Knowledge, Shared


def columns(items, scores):
    return np.array(items, "<u8").tobytes(), np.array(scores, "<f4").tobytes()


def epoch(number, holds_from_ms=0, **more):
    return msgspec.msgpack.encode(Epoch(number=number, holds_from_ms=holds_from_ms, **more))


def numbers(epochs):
    return [view.number for view in epochs]


T_MS = 1_700_000_000_000


def catalog(key: str, record: dict) -> SourceRecord:
    return SourceRecord("catalog", 0, 0, T_MS, key.encode(), json.dumps(record).encode())


def test_an_epoch_is_decoded_to_arrays():
    view = EpochView.decode(
        Epoch(
            number=3,
            holds_from_ms=7,
            trending=columns([5, 6], [1.0, 0.5]),
            category_trending={40: columns([6], [1.0])},
            neighbours={9: columns([1, 2, 3], [0.9, 0.8, 0.7]), 4: columns([8], [0.1])},
            categories_of={5: 40, 6: 41},
            lambda_t=0.5,
        )
    )
    assert view.trending[0].tolist() == [5, 6]
    assert view.neighbours[9][0].tolist() == [1, 2, 3]
    assert view.neighbours[4][1].tolist() == [np.float32(0.1)]
    assert len(view.neighbours[77][0]) == 0
    assert view.category_trending[40][0].tolist() == [6]
    assert view.categories(np.array([6, 7, 5], np.uint64)).tolist() == [41, 0, 40]
    assert (view.lambda_t, view.lambda_c) == (0.5, None)


@given(
    st.dictionaries(
        st.integers(0, 2**64 - 1), st.lists(st.integers(0, 2**64 - 1), max_size=4), max_size=6
    ),
    st.lists(st.integers(0, 2**64 - 1), max_size=4),
    st.sampled_from([None, 0, 2]),
)
@settings(max_examples=examples(80), deadline=None)
def test_a_look_up_of_many_keys_joins_their_lists(lists, strangers, limit):
    packed = {key: columns(items, [0.5] * len(items)) for key, items in lists.items()}
    view = EpochView.decode(Epoch(number=1, holds_from_ms=0, neighbours=packed))
    keys = [*strangers, *lists, *strangers]
    rows, items, scores = view.neighbours.lookup(np.array(keys, np.uint64), limit)
    expected = [(row, item) for row, key in enumerate(keys) for item in lists.get(key, [])[:limit]]
    assert list(zip(rows.tolist(), items.tolist(), strict=True)) == expected
    assert scores.tolist() == [0.5] * len(expected)


def test_epochs_are_kept_in_order_repeats_and_old_ones_are_ignored():
    knowledge = Knowledge()
    for number in (2, 5, 5, 3, 6):
        assert knowledge.apply_epoch(epoch(number)) is None
    assert numbers(knowledge.pending(0, [])) == [2, 5, 6]
    assert knowledge.newest().number == 6


def test_after_time_was_brought_back_the_epochs_of_a_time_that_never_came_are_gone():
    knowledge = Knowledge()
    for number, since in ((2, 0), (9_000, 0), (3, 17), (9_000, 0), (4, 17)):
        assert knowledge.apply_epoch(epoch(number, number, since=since)) is None
    assert numbers(knowledge.pending(0, [])) == [2, 3, 4]
    assert knowledge.newest().number == 4
    assert [knowledge.holding(at_ms, []) for at_ms in (1, 2, 3, 8_000)] == [0, 2, 3, 4]


def test_only_the_newest_epochs_are_kept():
    knowledge = Knowledge()
    for number in range(1, MAX_EPOCHS + 4):
        knowledge.apply_epoch(epoch(number))
    assert numbers(knowledge.pending(0, [])) == list(range(4, MAX_EPOCHS + 4))


def test_a_partition_moves_to_the_newest_epoch_that_holds():
    knowledge = Knowledge()
    for number, holds_from_ms in ((1, 100), (2, 200), (3, 300)):
        knowledge.apply_epoch(epoch(number, holds_from_ms))
    assert knowledge.next_after(0, 99) is None
    assert knowledge.next_after(0, 200).number == 2
    assert knowledge.next_after(2, 299) is None
    assert knowledge.next_after(2, 300).number == 3
    assert numbers(knowledge.pending(1, [])) == [2, 3]


def test_an_epoch_that_would_hold_after_a_newer_one_is_never_adopted():
    knowledge = Knowledge()
    for number, holds_from_ms in ((1, 100), (2, 90), (3, 110)):
        knowledge.apply_epoch(epoch(number, holds_from_ms))
    assert numbers(knowledge.pending(0, [])) == [2, 3]


def test_the_adopted_epoch_is_found_again_and_no_other_stands_in_for_it():
    knowledge = Knowledge(Epoch(number=77, holds_from_ms=5, names={1: "one"}))
    for number in (2, 4):
        knowledge.apply_epoch(epoch(number))
    assert knowledge.current(0).names == {1: "one"}
    assert numbers([knowledge.current(n) for n in (0, 2, 4)]) == [0, 2, 4]
    assert [knowledge.current(n) for n in (1, 3, 9)] == [None] * 3
    assert [knowledge.is_gone(n) for n in (0, 2, 3, 9)] == [False, False, True, True]
    assert Knowledge().current(3) is None
    assert not Knowledge().is_gone(0)
    assert Knowledge().newest() is None


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode([1]),
        msgspec.msgpack.encode({"number": 1}),
        epoch(9, trending=(b"1234567", b"")),
        epoch(9, trending=columns([1, 2], [0.5])),
        epoch(9, trending=columns([1], [2.0])),
        epoch(9, arrivals=columns([1], [float("nan")])),
        epoch(9, neighbours={-1: columns([1], [0.5])}),
        epoch(9, holds_from_ms=2**62),
    ],
)
def test_a_broken_epoch_is_refused_with_a_sentence(value):
    knowledge = Knowledge()
    assert knowledge.apply_epoch(value).startswith("not an epoch")
    assert knowledge.newest() is None


def test_a_name_of_another_hash_is_not_taken_from_an_epoch():
    """What an item is called would depend on whether its name came with the batch."""
    knowledge = Knowledge()
    names = {hash64("lamp"): "rug", hash64("rug"): "rug"}
    assert knowledge.apply_epoch(epoch(1, names=names)) is None
    assert [knowledge.names(hash64(text)) for text in ("lamp", "rug")] == [None, "rug"]


def test_names_come_from_the_catalogue_then_from_any_epoch_that_has_them():
    knowledge = Knowledge()
    knowledge.apply_epoch(epoch(1, names={hash64("one"): "one", hash64("two"): "two"}))
    knowledge.apply_epoch(epoch(2, names={hash64("one"): "one"}))
    record = {"item_id": "kettle", "category_id": "kitchen", "ts": 1_700_000_000_000}
    assert knowledge.apply_catalog(catalog("kettle", record)) is None
    assert "key" in knowledge.apply_catalog(catalog("pot", record))
    assert knowledge.names(hash64("kettle")) == "kettle"
    assert knowledge.names(hash64("kitchen")) == "kitchen"
    found = [knowledge.names(hash64(text)) for text in ("one", "two", "three")]
    assert found == ["one", "two", None]


def test_a_category_comes_from_the_catalogue_else_from_the_epoch():
    knowledge = Knowledge()
    record = {"item_id": "a", "category_id": "c", "ts": 1_700_000_000_000}
    knowledge.apply_catalog(catalog("a", record))
    items = np.array([hash64("a"), 8, 9], np.uint64)
    view = EpochView.decode(Epoch(number=1, holds_from_ms=0, categories_of={hash64("a"): 3, 8: 4}))
    both = Shared(view, knowledge.catalogue)
    assert both.categories(items, T_MS).tolist() == [hash64("c"), 4, 0]
    assert Shared(None, knowledge.catalogue).categories(items, T_MS).tolist() == [hash64("c"), 0, 0]
