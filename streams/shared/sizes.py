"""How large records are, and may be that Kairos writes: fixed, so that no topic's setting changes an output."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.tables import Output, SourceRecord

LARGEST_BYTES = 900_000
"""Key, value and headers of an output or a state row, before compression; a stock broker takes
1,048,588 bytes. Outputs are split or cut to it, rows stay below it by the settings' bounds."""


def size_of(output: Output) -> int:
    """Return the bytes of a record: key, value and headers."""
    told = sum(len(name.encode()) + len(value) for name, value in output.headers)
    return len(output.key or b"") + len(output.value or b"") + told


def input_sizes(records: Iterable[SourceRecord]) -> list[int]:
    """Return the bytes of the value and the headers of each record."""
    return [
        len(record.value or b"") + (_headers_size(record) if record.headers else 0)
        for record in records
    ]


def _headers_size(record: SourceRecord) -> int:
    return sum(len(name) + len(value) for name, value in record.headers)
