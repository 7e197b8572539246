"""Batches filled past aiokafka's builder are what it would have made."""

from __future__ import annotations

from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from schemas.tables import Output
from streams.engine.producer import fill

NOW_MS = 1_780_000_000_000
HEADERS = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=9)), max_size=2)
RECORDS = st.builds(
    Output, st.just("t"), st.none() | st.binary(max_size=30), st.none() | st.binary(max_size=200),
    headers=HEADERS.map(tuple),
)  # fmt: skip


def builder(size: int = 2_000) -> BatchBuilder:
    return BatchBuilder(size, 0, is_transactional=1)


def read(made: BatchBuilder) -> list[tuple[Any, ...]]:
    batch = MemoryRecords(bytes(made._build())).next_batch()
    return [(r.offset, r.key, r.value, tuple(r.headers)) for r in batch]


@given(st.lists(RECORDS, min_size=1, max_size=40), st.integers(0, 5))
def test_a_batch_is_filled_as_aiokafka_fills_it_and_as_full(
    records: list[Output], start: int
) -> None:
    start = min(start, len(records) - 1)
    theirs, ours = builder(), builder()
    for out in records[start:]:
        if (
            theirs.append(timestamp=1, key=out.key, value=out.value, headers=list(out.headers))
            is None
        ):
            break
    filled = fill(ours, records, start, NOW_MS)
    assert filled == theirs.record_count() == ours.record_count() > 0
    assert read(ours) == read(theirs)
    assert [row[1:] for row in read(ours)] == [
        (out.key, out.value, tuple(out.headers)) for out in records[start : start + filled]
    ]


def test_a_record_larger_than_a_batch_goes_alone() -> None:
    made = builder()
    assert fill(made, [Output("t", b"k", bytes(5_000)), Output("t", b"k", b"v")], 0, NOW_MS) == 1
    assert made.record_count() == 1
