"""Header names of any bytes: the record is read, and so are those beside it."""

from __future__ import annotations

import inspect

import pytest
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record import default_records
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.header_names import TolerantRecords


class Name(str):
    """What aiokafka's builder in Python asks for the bytes of a header's name."""

    raw = b""

    def encode(self, *_):
        return self.raw


def name(raw):
    made = Name("x")
    made.raw = raw
    return made


def batch(names, compression=0):
    builder = default_records._DefaultRecordBatchBuilderPy(
        magic=2, compression_type=compression, is_transactional=0, producer_id=-1,
        producer_epoch=-1, base_sequence=-1, batch_size=1 << 20,
    )  # fmt: skip
    for offset, raw in enumerate(names):
        headers = [] if raw is None else [(name(raw), b"value"), ("ours", None)]
        builder.append(offset, timestamp=7, key=b"k", value=b"v%d" % offset, headers=headers)
    return bytes(builder.build())


def read(data):
    records, found = TolerantRecords(data), []
    while records.has_next():
        one = records.next_batch()
        assert one.validate_crc()
        found += [(r.offset, r.key, r.value, list(r.headers)) for r in one]
    return found


def test_the_fetcher_takes_its_reader_by_the_name_that_we_replace():
    assert fetcher.MemoryRecords in (MemoryRecords, TolerantRecords)
    assert "MemoryRecords(" in inspect.getsource(fetcher.Fetcher)


@pytest.mark.parametrize("compression", [0, 1], ids=["plain", "gzip"])
def test_a_name_that_is_no_utf8_costs_no_record(compression):
    data = batch([None, b"\xff\xfe", b"caf\xc3\xa9"], compression)
    plain = MemoryRecords(data).next_batch()
    with pytest.raises((UnicodeDecodeError, CorruptRecordException)):
        list(plain)
    found = read(data + batch([b"next"]))
    assert [value for _, _, value, _ in found] == [b"v0", b"v1", b"v2", b"v0"]
    assert found[1][3] == [("��", b"value"), ("ours", None)]
    assert found[2][3][0] == ("café", b"value")


@given(st.lists(st.one_of(st.none(), st.binary(max_size=8)), min_size=1, max_size=6))
def test_what_aiokafka_can_read_is_what_it_reads(names):
    data = batch(names)
    found = read(data)
    assert len(found) == len(names)
    try:
        plain = [
            (r.offset, r.key, r.value, list(r.headers)) for r in MemoryRecords(data).next_batch()
        ]
    except (UnicodeDecodeError, CorruptRecordException):
        return
    assert found == plain


def test_a_batch_that_is_broken_otherwise_still_says_so():
    data = bytearray(batch([None, None]))
    data[-6:] = b"\xff" * 6
    with pytest.raises(CorruptRecordException):
        list(TolerantRecords(bytes(data)).next_batch())
