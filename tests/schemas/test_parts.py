"""Numbered parts on a compacted topic: a value is whole or it is not there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.parts import MOST_PARTS, PART_BYTES, Collector, PartError, split

VALUES = st.lists(st.binary(max_size=40), min_size=1, max_size=6)


def log_of(values, most):
    """The topic after values were written one after the other, as the learner writes them."""
    writer, log, ends = Collector("epoch"), [], []
    for number, value in enumerate(values):
        records = split("epoch", number, value, most)
        written = [*records.items(), *((key, None) for key in writer.surplus(records))]
        for key, record in written:
            writer.take(key, record)
        log += written
        ends.append(len(log))
    return log, ends


def compacted(log, upto):
    """Compaction keeps the last record of a key among the first ``upto``, in order."""
    last = {key: place for place, (key, _) in enumerate(log[:upto])}
    return [log[place] for place in sorted(last.values())] + log[upto:]


def read(log):
    collector = Collector("epoch")
    return [value for key, record in log if (value := collector.take(key, record)) is not None]


@given(VALUES, st.integers(1, 12), st.data())
@settings(max_examples=examples(200))
def test_whatever_compaction_took_the_newest_value_is_whole_and_none_is_mixed(values, most, data):
    log, _ = log_of(values, most)
    found = read(compacted(log, data.draw(st.integers(0, len(log)))))
    assert found[-1] == values[-1]
    assert set(found) <= set(values)


@given(VALUES, st.integers(1, 12))
@settings(max_examples=examples(100))
def test_the_topic_holds_nothing_but_the_newest_value_after_compaction(values, most):
    log, _ = log_of(values, most)
    kept = {key: record for key, record in log if record is not None}
    for key, record in log:
        if record is None:
            kept.pop(key, None)
        else:
            kept[key] = record
    assert kept == split("epoch", len(values) - 1, values[-1], most)


@given(VALUES, st.integers(1, 5), st.data())
@settings(max_examples=examples(200))
def test_a_value_is_adopted_only_when_all_its_parts_are_there(values, most, data):
    log, ends = log_of(values, most)
    cut = data.draw(st.integers(0, len(log)))
    # what comes with tombstones is whole before they are read
    whole = [n for n, end in enumerate(ends) if end <= cut]
    found = read(log[:cut])
    assert found[: len(whole)] == [values[n] for n in whole]
    assert len(found) <= len(whole) + 1


def test_a_value_written_before_there_were_parts_is_read_and_then_deleted():
    collector = Collector("epoch")
    assert collector.take(b"epoch", b"old") == b"old"
    assert collector.surplus(split("epoch", 1, b"new")) == [b"epoch"]


def test_keys_of_others_are_passed_over():
    collector = Collector("epoch")
    for key in (None, b"", b"publisher", b"epochs/0", b"\xff"):
        assert collector.take(key, b"anything") is None
    assert not collector.keys


@given(st.binary(max_size=30) | st.sampled_from(list(split("epoch", 1, b"abc", 2).values())))
@settings(max_examples=examples(100))
def test_what_is_no_part_is_refused_and_spoils_nothing(odd):
    collector = Collector("epoch")
    first, second = split("epoch", 7, b"whole", 3).items()
    collector.take(*first)
    with pytest.raises(PartError):
        collector.take(b"epoch/5", odd)
    assert collector.take(*second) == b"whole"


def test_parts_of_two_values_of_one_number_do_not_mix():
    collector = Collector("epoch")
    (one, _), (_, other) = (split("epoch", 7, value, 3).items() for value in (b"aaaa", b"bbbb"))
    assert collector.take(*one) is None
    assert collector.take(*other) is None


def test_a_part_fits_a_stock_broker_and_a_value_has_a_bound():
    records = split("epoch", 2**62, bytes(2 * PART_BYTES + 1))
    assert [len(record) < 1_000_000 for record in records.values()] == [True] * 3
    with pytest.raises(ValueError, match="parts"):
        split("epoch", 1, bytes(MOST_PARTS + 1), 1)
