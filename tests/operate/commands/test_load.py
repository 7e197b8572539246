"""`kairos load`: a shop's history as JSON lines becomes records of a deployment."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from streams.operate.tools.reading import read_all
from streams.settings import Settings

Kairos = Callable[..., CompletedProcess[str]]
Result = Callable[[CompletedProcess[str]], dict[str, Any]]

LINES = [
    {"topic": "clicks", "key": "u1", "timestamp_ms": 1_600_000_000_000, "value": {"a": 1}},
    {"topic": "context", "key": "u1", "timestamp_ms": 1_600_000_001_000, "value": "text"},
    {
        "topic": "clicks", "key": "u2", "timestamp_ms": 1_500_000_000_000,
        "value_base64": base64.b64encode(b"\xff\x00").decode(),
    },
]  # fmt: skip


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(map(json.dumps, LINES)), encoding="utf-8")
    return path


@pytest.mark.kafka
async def test_history_arrives_with_its_bytes_and_times(
    kairos: Kairos, result: Result, own: Settings, names: dict[str, str], history: Path
) -> None:
    kairos("topics", "create", **names)
    done = kairos("load", "--data", str(history), **names)
    assert result(done) == {"stored": 3, "topics": {"clicks": 2, "context": 1}}
    found = {(r.key, r.timestamp, r.value) for r in await read_all(own, "clicks", "context")}
    assert found == {
        (b"u1", 1_600_000_000_000, b'{"a":1}'),
        (b"u1", 1_600_000_001_000, b"text"),
        (b"u2", 1_500_000_000_000, b"\xff\x00"),
    }


@pytest.mark.slow
def test_a_line_that_is_no_record_is_named(kairos: Kairos, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"topic": "clicks"}', encoding="utf-8")
    done = kairos("load", "--data", str(path), broker="127.0.0.1:1")
    assert done.returncode == 2
    assert "bad.jsonl, line 1" in done.stderr
    assert "Traceback" not in done.stderr
