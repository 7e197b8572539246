from __future__ import annotations

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.tables import SourceRecord
from streams.engine.intake import intake
from streams.engine.merge import Batch, Range


def batch(start: int, end: int, topic: str = "clicks") -> Batch:
    records = [SourceRecord(topic, 0, offset, 0, b"k", b"v") for offset in range(start, end)]
    return Batch(records, {topic: Range(start, end, 1)})


def offsets(records: list[SourceRecord]) -> list[int]:
    return [r.offset for r in records]


def test_a_batch_that_follows_the_state_is_taken_whole() -> None:
    fresh = intake(batch(5, 8), {"clicks": 5})
    assert (offsets(fresh.records), fresh.ends, fresh.gaps) == ([5, 6, 7], {"clicks": 8}, {})


def test_what_the_state_contains_is_trimmed() -> None:
    fresh = intake(batch(3, 8), {"clicks": 6})
    assert (offsets(fresh.records), fresh.ends) == ([6, 7], {"clicks": 8})


def test_a_repeated_batch_leaves_nothing_and_never_moves_back() -> None:
    fresh = intake(batch(3, 6), {"clicks": 9})
    assert (fresh.records, fresh.ends, fresh.gaps) == ([], {"clicks": 9}, {})


def test_missing_offsets_are_a_gap() -> None:
    assert intake(batch(5, 8), {"clicks": 4}).gaps == {"clicks": 5}


def test_a_topic_without_records_moves_on_by_its_range() -> None:
    both = Batch([], {"clicks": Range(0, 3, 1), "ticks": Range(4, 6, 1)})
    assert intake(both, {"ticks": 4}).ends == {"clicks": 3, "ticks": 6}


@hypothesis_settings(max_examples=examples(100))
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=30))
def test_each_offset_is_taken_once_and_in_order_whatever_comes(
    pieces: list[tuple[int, int]],
) -> None:
    taken: list[int] = []
    state: dict[str, int] = {}
    for start, length in pieces:
        fresh = intake(batch(start, start + length), state)
        if not fresh.gaps:
            taken += offsets(fresh.records)
            state = {**state, **fresh.ends}
    assert taken == list(range(state.get("clicks", 0)))
