from __future__ import annotations

import pytest
from support.logs import raw

from streams.offline.sources import SourceError, read_raw


def test_any_bytes_come_through(tmp_path):
    records = list(read_raw(raw(tmp_path)))
    assert [(r.topic, r.offset, r.timestamp_ms, r.key, r.value) for r in records] == [
        ("clicks", 0, 3, None, "not json é".encode()),
        ("context", 0, 3, b"\xff", b"\xff\x00"),
        ("clicks", 1, 5, b"u1", b'{"event_id":"e1"}'),
        ("clicks", 2, 5, b"u1", None),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", '{"topic":"clicks"}', '{"topic":"clicks","timestamp_ms":"1"}',
        '{"topic":"clicks","timestamp_ms":1,"value_base64":"?"}',
        '{"topic":"clicks","timestamp_ms":1,"valeu":"x"}',
    ],
)  # fmt: skip
def test_a_line_of_another_form_is_named(tmp_path, line):
    path = tmp_path / "raw.jsonl"
    path.write_text('{"topic":"clicks","timestamp_ms":1,"value":"x"}\n' + line + "\n")
    with pytest.raises(SourceError, match="line 2"):
        read_raw(path)


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(SourceError):
        read_raw(tmp_path)
