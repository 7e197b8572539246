"""Records whose header names are not UTF-8 are read like all others.

Kafka's protocol calls a header's name a string and checks nothing: librdkafka sends any bytes. aiokafka
raises at such a record each time it meets it, before there is a batch that could set it aside. So a
batch that it cannot read is read once more with what is no UTF-8 replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

MAGIC_WITH_HEADERS = 2


def tolerate_header_names() -> None:
    """Let every consumer of this process read such records."""
    fetcher.MemoryRecords = TolerantRecords


class TolerantRecords(_MemoryRecordsPy):
    """What a fetch brought of a partition, batch by batch."""

    def next_batch(self) -> Any:
        """Return the next batch, None behind the last one."""
        frame = self._next_slice
        batch = super().next_batch()
        if batch is None or getattr(batch, "magic", 0) < MAGIC_WITH_HEADERS:
            return batch
        return _Batch(batch, bytes(frame))


class _Batch:
    """aiokafka's record batch; its records are read a second way if need be."""

    def __init__(self, batch: Any, frame: bytes) -> None:
        self._batch, self._frame = batch, frame

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except (UnicodeDecodeError, CorruptRecordException):
            return iter(list(_Lenient(self._frame)))


class _Lenient(_DefaultRecordBatchPy):
    """aiokafka's own reader in Python, over bytes that decode whatever they are."""

    def __iter__(self) -> Iterator[Any]:
        self._maybe_uncompress()
        self._buffer: Any = _AnyText(self._buffer)
        return self


class _AnyText(bytes):
    """Bytes whose pieces become text without raising."""

    def __getitem__(self, at: Any) -> Any:
        piece = super().__getitem__(at)
        return _AnyText(piece) if isinstance(at, slice) else piece

    def decode(self, *_: Any) -> str:
        """Return the text; what is no UTF-8 is replaced."""
        return super().decode("utf-8", "replace")
