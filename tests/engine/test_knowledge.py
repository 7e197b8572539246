"""The reader of the catalogue and the epochs lives through whatever lies on these topics."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples
from support.panic import PanicException

from schemas.globals import Epoch
from schemas.tables import SourceRecord
from streams.engine.knowledge import KnowledgeReader
from streams.knowledge.shared import Knowledge
from streams.settings import Settings

T_MS = 1_700_000_000_000
BYTES = st.none() | st.binary(max_size=60)


def reader_of(knowledge) -> KnowledgeReader:
    reader = KnowledgeReader(None, Settings(), knowledge)
    reader._globals = "globals"
    return reader


def record_of(topic: str, key: bytes | None, value: bytes | None, offset: int = 0):
    return SimpleNamespace(
        topic=topic, partition=0, offset=offset, timestamp=T_MS, key=key, value=value, headers=()
    )


def read(reader: KnowledgeReader, *records) -> None:
    reader._waiting += records
    reader._apply_waiting()


def epoch_record(holds_from_ms: int):
    epoch = Epoch(number=holds_from_ms, holds_from_ms=holds_from_ms)
    return record_of("globals", b"epoch", msgspec.msgpack.encode(epoch))


@hypothesis_settings(max_examples=examples(200), deadline=None)
@given(
    st.lists(
        st.builds(
            record_of, st.sampled_from(["catalog", "globals"]),
            BYTES | st.sampled_from([b"epoch", b"epoch/0", b"kettle"]), BYTES,
        )
    )
)  # fmt: skip
def test_any_bytes_leave_the_reader_alive_and_the_next_epoch_is_read(records) -> None:
    reader = reader_of(Knowledge())
    read(reader, *records, epoch_record(T_MS))
    assert reader._knowledge.newest().holds_from_ms == T_MS
    assert not reader._waiting


class Raising:
    """Fails at every catalogue record."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def apply_catalog(self, record: SourceRecord) -> str | None:
        raise self.error


@pytest.mark.parametrize("error", [KeyError("secret"), PanicException("secret")], ids=repr)
def test_an_error_nobody_foresaw_costs_its_record_alone_and_is_named_without_a_value(
    caplog, error
) -> None:
    reader = reader_of(Raising(error))
    read(reader, record_of("catalog", b"secret", b"secret", 7))
    assert reader.skipped.counts == {"catalog": 1}
    assert f"catalog[0]@7 skipped: {type(error).__name__} in " in caplog.text
    assert "secret" not in caplog.text


def test_a_shortage_is_no_records_fault_it_waits(caplog) -> None:
    reader = reader_of(Raising(MemoryError()))
    with pytest.raises(MemoryError):
        read(reader, record_of("catalog", b"kettle", b"{}"))
    assert len(reader._waiting) == 1
    assert not reader.skipped.counts
