"""JSON lines ``{topic, key, timestamp_ms, value}``: any bytes, as a Kafka record would carry them.

``value`` is text (sent as UTF-8), an object (sent as JSON) or null; ``value_base64`` and
``key_base64`` take bytes that are no text. A line without a value is a tombstone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from streams.offline.sources.report import Draft, Source, SourceError, SourceReport


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    topic: str
    timestamp_ms: int
    key: str | None = None
    key_base64: bytes | None = None
    value: str | dict[str, Any] | None = None
    value_base64: bytes | None = None


def read_raw(path: str | Path) -> Source:
    """Read the file; records are sorted by timestamp, equal ones keep the file's order.

    Raises:
        SourceError: the file cannot be read, or a line is not of this form.
    """
    path = Path(path)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise SourceError(f"{path}: {error}") from error
    drafts = sorted(_drafts(path, lines), key=lambda draft: draft.ts_ms)
    return Source(drafts, SourceReport(rows=len(drafts)))


def _drafts(path: Path, lines: list[bytes]) -> Iterator[Draft]:
    decoder = msgspec.json.Decoder(_Line)
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = decoder.decode(text)
        except ValueError as error:
            raise SourceError(f"{path}, line {number}: {error}") from error
        key = line.key_base64 if line.key is None else line.key.encode()
        value: Any = line.value_base64 if line.value is None else line.value
        if isinstance(value, str):
            value = value.encode()
        yield Draft(line.timestamp_ms, line.topic, key, value)
