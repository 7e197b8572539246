from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.tables import SourceRecord
from streams.engine.merge import Batch, Merger, Slice

TOPICS = ("clicks", "purchases", "ticks")
PLENTY = 1_000_000


def record(topic: str, offset: int, timestamp_ms: int) -> SourceRecord:
    return SourceRecord(topic, 0, offset, timestamp_ms, b"k", b"v")


def log(topic: str, *timestamps_ms: int) -> list[SourceRecord]:
    return [record(topic, offset, ts) for offset, ts in enumerate(timestamps_ms)]


def piece(records: list[SourceRecord], end: int | None = None, seek: int = 1) -> Slice:
    return Slice(records, records[0].offset, end or records[-1].offset + 1, seek)


def merger(wait_s: float = 1.0) -> Merger:
    return Merger(TOPICS, wait_s)


def released(batch: Batch | None) -> list[tuple[str, int]]:
    return [] if batch is None else [(r.topic, r.timestamp_ms) for r in batch.records]


def test_records_come_out_by_timestamp_then_topic_then_offset() -> None:
    merging = merger()
    merging.add("purchases", piece(log("purchases", 10, 20)))
    merging.add("clicks", piece(log("clicks", 10, 10, 30)))
    batch = merging.release(0.0, TOPICS, PLENTY)
    assert batch is not None
    assert [(r.topic, r.offset) for r in batch.records] == [
        ("clicks", 0), ("clicks", 1), ("purchases", 0), ("purchases", 1), ("clicks", 2),
    ]  # fmt: skip


def test_a_topic_short_of_its_end_holds_the_others_up() -> None:
    merging = merger(wait_s=1.0)
    merging.add("clicks", piece(log("clicks", 10)))
    assert merging.release(0.0, {"ticks"}, PLENTY) is None
    assert merging.release(0.9, {"ticks"}, PLENTY) is None


def test_the_wait_for_a_lagging_topic_is_bounded() -> None:
    merging = merger(wait_s=1.0)
    merging.add("clicks", piece(log("clicks", 10)))
    merging.release(0.0, {"ticks"}, PLENTY)
    assert released(merging.release(1.0, {"ticks"}, PLENTY)) == [("clicks", 10)]


def test_the_wait_starts_anew_after_a_pause() -> None:
    merging = merger(wait_s=1.0)
    merging.add("clicks", piece(log("clicks", 10)))
    merging.release(0.0, {"ticks"}, PLENTY)
    merging.release(1.0, {"ticks"}, PLENTY)
    merging.release(50.0, {"ticks"}, PLENTY)
    merging.add("clicks", piece([record("clicks", 1, 20)]))
    assert merging.release(100.0, {"ticks"}, PLENTY) is None


def test_nothing_is_released_beyond_a_topic_that_ran_dry() -> None:
    merging = merger()
    merging.add("clicks", piece(log("clicks", 10, 40)))
    merging.add("purchases", piece(log("purchases", 20)))
    assert released(merging.release(0.0, {"ticks"}, PLENTY)) == [("clicks", 10), ("purchases", 20)]
    assert merging.release(0.0, {"ticks"}, PLENTY) is None
    merging.add("purchases", piece([record("purchases", 1, 30)]))
    assert released(merging.release(0.0, {"ticks", "clicks"}, PLENTY)) == [("purchases", 30)]


def test_a_cut_batch_ends_where_the_next_one_starts() -> None:
    merging = merger()
    merging.add("clicks", piece(log("clicks", 10, 20, 30), end=9))
    first = merging.release(0.0, TOPICS, 2)
    second = merging.release(0.0, TOPICS, 2)
    assert first is not None
    assert second is not None
    assert (first.ranges["clicks"].start, first.ranges["clicks"].end) == (0, 2)
    assert (second.ranges["clicks"].start, second.ranges["clicks"].end) == (2, 9)


def test_offsets_without_records_are_covered_too() -> None:
    merging = merger()
    merging.add("clicks", piece(log("clicks", 10)))
    merging.add("purchases", Slice([], 5, 7, 1))
    batch = merging.release(0.0, TOPICS, PLENTY)
    assert batch is not None
    assert (batch.ranges["purchases"].start, batch.ranges["purchases"].end) == (5, 7)


def test_a_slice_that_does_not_follow_is_refused() -> None:
    merging = merger()
    merging.add("clicks", piece(log("clicks", 10)))
    assert not merging.add("clicks", Slice([record("clicks", 5, 20)], 5, 6, 1))
    assert not merging.add("clicks", Slice([record("clicks", 1, 20)], 1, 2, 2))
    assert merging.held("clicks") == 1


def test_a_forgotten_topic_starts_anywhere() -> None:
    merging = merger()
    merging.add("clicks", piece(log("clicks", 10)))
    merging.forget("clicks")
    assert not merging
    assert merging.add("clicks", Slice([record("clicks", 5, 20)], 5, 6, 2))


timestamps = st.lists(st.integers(0, 20), max_size=12)
logs = st.fixed_dictionaries(dict.fromkeys(TOPICS, timestamps)).map(
    lambda times: {topic: log(topic, *ts) for topic, ts in times.items()}
)


def sequence(records: dict[str, list[SourceRecord]]) -> list[SourceRecord]:
    """The definition, naively: take the smallest first record, again and again."""
    left = {topic: list(rs) for topic, rs in records.items()}
    out = []
    while any(left.values()):
        heads = [(left[t][0].timestamp_ms, TOPICS.index(t), t) for t in TOPICS if left[t]]
        out.append(left[min(heads)[2]].pop(0))
    return out


@hypothesis_settings(max_examples=examples(100))
@given(records=logs, data=st.data())
def test_the_sequence_does_not_depend_on_fetches_and_batches(
    records: dict[str, list[SourceRecord]], data: st.DataObject
) -> None:
    merging = merger(wait_s=1e9)
    taken = dict.fromkeys(TOPICS, 0)
    out: list[SourceRecord] = []
    while any(taken[t] < len(records[t]) for t in TOPICS):
        topic = data.draw(st.sampled_from([t for t in TOPICS if taken[t] < len(records[t])]))
        size = data.draw(st.integers(1, 4))
        chunk = records[topic][taken[topic] : taken[topic] + size]
        taken[topic] += len(chunk)
        assert merging.add(topic, piece(chunk))
        ended = {t for t in TOPICS if taken[t] == len(records[t])}
        while batch := merging.release(0.0, ended, data.draw(st.integers(1, 5))):
            out += batch.records
    assert out == sequence(records)


@hypothesis_settings(max_examples=examples(100))
@given(records=logs, limit=st.integers(1, 5))
def test_ranges_join_and_cover_exactly_the_records_released(
    records: dict[str, list[SourceRecord]], limit: int
) -> None:
    merging = merger()
    for topic, rs in records.items():
        if rs:
            merging.add(topic, piece(rs))
    batches = []
    while batch := merging.release(0.0, TOPICS, limit):
        batches.append(batch)
        for topic, covered in batch.ranges.items():
            offsets = [r.offset for r in batch.records if r.topic == topic]
            assert offsets == list(range(covered.start, covered.end))
    for topic in TOPICS:
        ranges = [batch.ranges[topic] for batch in batches if topic in batch.ranges]
        assert all(a.end == b.start for a, b in pairwise(ranges))


def test_the_wait_counts_from_the_records_that_wait_longest() -> None:
    merging = merger()
    merging.add("clicks", Slice(log("clicks", 10), 0, 1, 1, seen_ms=700))
    merging.add("clicks", Slice([record("clicks", 1, 20)], 1, 2, 1, seen_ms=900))
    assert merging.seen_ms() == 700
    merging.release(0.0, TOPICS, PLENTY)
    assert merging.seen_ms() == 0
