from __future__ import annotations

from types import SimpleNamespace

from aiokafka.structs import TopicPartition

from schemas.tables import SourceRecord
from streams.engine.consumer import HELD_BYTES, BatchConsumer
from streams.engine.merge import Merger, Slice

CLICKS, PURCHASES = TopicPartition("clicks", 0), TopicPartition("purchases", 0)


def consumer(values: list[bytes]) -> BatchConsumer:
    """One that holds clicks with these values, of a worker whose batches have 1,000 records."""
    made, merger = object.__new__(BatchConsumer), Merger(("clicks", "purchases"), 1.0)
    records = [SourceRecord("clicks", 0, n, n, b"k", value) for n, value in enumerate(values)]
    merger.add("clicks", Slice(records, 0, len(records), 1))
    made._mergers, made._active_partitions = {0: merger}, {CLICKS, PURCHASES}
    made._options = SimpleNamespace(batch_records=1_000, topics=("clicks", "purchases"))
    return made


def test_of_records_that_are_large_no_more_are_fetched_than_fit_into_memory():
    few = bytes(HELD_BYTES // 16)
    assert consumer([few] * 15).wanted_partitions() == {CLICKS, PURCHASES}
    assert consumer([few] * 16).wanted_partitions() == {PURCHASES}


def test_of_small_records_two_batches_are_fetched():
    assert consumer([b"v"] * 1_999).wanted_partitions() == {CLICKS, PURCHASES}
    assert consumer([b"v"] * 2_000).wanted_partitions() == {PURCHASES}


def test_what_a_topic_lost_after_earlier_records_were_handed_out_counts_as_reached():
    """The last piece of a topic disappeared inside the worker, and nothing more will ever come."""
    made = consumer([b"v"] * 3)
    made._thread = SimpleNamespace(fetched_to={CLICKS: 5, PURCHASES: 0}.get)
    assert made.reached(0) == {"clicks": 0, "purchases": 0}
    assert made._mergers[0].release(0.0, ("clicks", "purchases"), 1_000)
    assert made.reached(0) == {"clicks": 5, "purchases": 0}
