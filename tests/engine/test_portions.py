from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.tables import SourceRecord
from streams.engine import portions
from streams.engine.intake import Intake
from streams.engine.portions import MOST_BYTES, SLOW_S, START_RECORDS, Pace

CONTAINED = {"clicks": 10, "purchases": 5}
merged = st.lists(st.sampled_from(["clicks", "purchases", "context"]), max_size=12)


def fresh(topics: list[str], gap: int = 0) -> Intake:
    """New records of these topics in turn; ``gap`` offsets without a record at the end of each."""
    ends, records = {**CONTAINED, "context": 0}, []
    for topic in topics:
        records.append(SourceRecord(topic, 0, ends[topic], 0, b"k", b"v"))
        ends[topic] += 1
    return Intake(records, {topic: end + gap for topic, end in ends.items()}, {})


@settings(max_examples=examples(100))
@given(merged, st.lists(st.integers(0, 5), min_size=1), st.integers(0, 3))
def test_pieces_cover_every_record_once_and_never_an_offset_before_its_record(topics, sizes, gap):
    whole = fresh(topics, gap)
    left, contained, seen, turn = whole, dict(CONTAINED), [], 0
    while left is not None:
        size = sizes[turn % len(sizes)] if turn < 3 * len(sizes) else 1
        piece = portions.first(left, size, contained)
        seen += piece.records
        last = piece is left
        for topic, end in piece.ends.items():
            mine = [r.offset + 1 for r in seen if r.topic == topic]
            assert last or end == max(mine, default=CONTAINED.get(topic, 0))
        contained |= piece.ends
        left, turn = portions.after(left, len(piece.records)), turn + 1
    assert seen == whole.records
    assert contained == whole.ends


def test_offsets_without_records_are_one_piece():
    nothing = fresh([], gap=3)
    assert portions.first(nothing, 250, CONTAINED) is nothing
    assert portions.after(nothing, 0) is None


def test_a_slow_transaction_halves_the_next_one_and_quick_ones_let_it_grow():
    pace = Pace()
    pace.took(START_RECORDS, SLOW_S + 1)
    assert pace.records == START_RECORDS // 2
    pace.took(START_RECORDS // 2, 0.1)
    assert pace.records == START_RECORDS // 2 * 2
    pace.took(3, 0.1)  # a small batch says little
    assert pace.records == START_RECORDS // 2 * 2


def test_however_slow_it_is_a_transaction_covers_a_record():
    pace = Pace()
    for _ in range(40):
        pace.took(pace.records, SLOW_S + 1)
    assert pace.records == 1
    pace.took(0, SLOW_S + 1)  # only timers
    assert pace.records == 1


def test_a_transaction_that_was_aborted_after_long_covers_half_as_much_the_next_time():
    pace = Pace()
    pace.aborted(START_RECORDS, 0.1)
    assert pace.records == START_RECORDS
    pace.aborted(START_RECORDS, SLOW_S + 1)
    assert pace.records == START_RECORDS // 2


@settings(max_examples=examples(100))
@given(
    st.lists(st.tuples(st.integers(0, MOST_BYTES), st.integers(0, MOST_BYTES)), max_size=8),
    st.integers(1, 9),
)
def test_a_transaction_covers_as_many_records_as_have_no_more_than_so_many_bytes(sizes, most):
    records = [
        SourceRecord(
            "clicks", 0, n, 0, b"k", bytes(value), (("h", bytes(header)),) if header else ()
        )
        for n, (value, header) in enumerate(sizes)
    ]
    count = portions.fitting(records, most)
    told = [value + header + bool(header) for value, header in sizes]
    assert count == 1 or sum(told[:count]) <= MOST_BYTES
    assert count >= min(most, len(records)) or sum(told[: count + 1]) > MOST_BYTES
