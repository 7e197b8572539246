from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.engine.merge import Batch, Merger, Slice
from streams.shared.sequence import in_sequence
from streams.shared.times import is_possible

TOPICS = ("clicks", "purchases", "ticks")
PLENTY = 1_000_000
T0_MS = 1_700_000_000_000


def record(topic: str, offset: int, timestamp_ms: int) -> SourceRecord:
    return SourceRecord(topic, 0, offset, T0_MS + timestamp_ms, b"k", b"v")


def log(topic: str, *timestamps_ms: int) -> list[SourceRecord]:
    return [record(topic, offset, ts) for offset, ts in enumerate(timestamps_ms)]


def piece(records: list[SourceRecord], end: int | None = None, seek: int = 1) -> Slice:
    return Slice(records, records[0].offset, end or records[-1].offset + 1, seek)


def merger(wait_s: float = 1.0) -> Merger:
    return Merger(TOPICS, wait_s)


def released(batch: Batch | None) -> list[tuple[str, int]]:
    return [] if batch is None else [(r.topic, r.timestamp_ms - T0_MS) for r in batch.records]


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


def test_what_is_held_of_a_topic_is_known_in_bytes_however_it_is_released() -> None:
    merging, heavy = merger(), SourceRecord("clicks", 0, 3, T0_MS + 40, None, None, (("h", b"12"),))
    merging.add("clicks", piece(log("clicks", 10, 20, 30)))
    merging.add("clicks", piece([heavy]))
    assert merging.held_bytes("clicks") == 3 * len(b"v") + len(b"h12")
    merging.release(0.0, TOPICS, 2)
    assert merging.held_bytes("clicks") == len(b"v") + len(b"h12")
    merging.release(0.0, TOPICS, PLENTY)
    assert merging.held_bytes("clicks") == 0


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


FAR_MS = tuple(
    far - T0_MS for far in (-1, 0, 86_400_000, 253_370_764_800_000, 1_700_000_000_000_000)
)
timestamps = st.lists(st.integers(0, 20) | st.sampled_from(FAR_MS), max_size=12)
logs = st.fixed_dictionaries(dict.fromkeys(TOPICS, timestamps)).map(
    lambda times: {topic: log(topic, *ts) for topic, ts in times.items()}
)


def sequence(records: dict[str, list[SourceRecord]]) -> list[SourceRecord]:
    """The definition, naively: take the smallest first record, again and again.

    A record of an impossible time stands at the time of the record before it in its topic.
    """
    left = {topic: list(rs) for topic, rs in records.items()}
    last_ms = dict.fromkeys(TOPICS, 0)
    out = []
    while any(left.values()):
        heads = []
        for rank, topic in enumerate(TOPICS):
            if left[topic]:
                ms = left[topic][0].timestamp_ms
                heads.append((ms if is_possible(ms) else last_ms[topic], rank, topic))
        ms, _, topic = min(heads)
        last_ms[topic] = ms
        out.append(left[topic].pop(0))
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
@given(records=logs, done=st.integers(0, 30), data=st.data())
def test_a_merge_that_starts_anywhere_goes_on_as_the_one_before_would(
    records: dict[str, list[SourceRecord]], done: int, data: st.DataObject
) -> None:
    """A new owner knows which records were released, and nothing of the times before them."""
    whole = sequence(records)
    released_before = set(whole[:done])
    merging = merger()
    for topic, rs in records.items():
        if left := [r for r in rs if r not in released_before]:
            merging.add(topic, piece(left))
    out: list[SourceRecord] = []
    while batch := merging.release(0.0, TOPICS, data.draw(st.integers(1, 5))):
        out += batch.records
    assert out == whole[done:]


@hypothesis_settings(max_examples=examples(50))
@given(records=logs)
def test_a_log_that_is_read_again_is_ordered_as_the_worker_merged_it(
    records: dict[str, list[SourceRecord]],
) -> None:
    assert in_sequence([r for rs in records.values() for r in rs], TOPICS) == sequence(records)


def test_a_record_refused_for_its_time_holds_up_nothing_behind_it() -> None:
    late = SourceRecord(
        "clicks", 0, 1, T0_MS + 9_999, b"k", b"v", refused=DeadReason.RECORD_TS_FUTURE
    )
    merging = merger()
    merging.add("clicks", piece([record("clicks", 0, 10), late, record("clicks", 2, 11)]))
    merging.add("purchases", piece(log("purchases", 10, 12)))
    batch = merging.release(0.0, TOPICS, PLENTY)
    assert batch is not None
    assert [(r.topic, r.offset) for r in batch.records] == [
        ("clicks", 0), ("clicks", 1), ("purchases", 0), ("clicks", 2), ("purchases", 1),
    ]  # fmt: skip


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
