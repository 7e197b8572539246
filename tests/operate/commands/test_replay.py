"""`kairos replay`: files, summary, and a word when silence has a reason people can mend."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at
from typer.testing import CliRunner

from streams.operate.cli import build


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setenv("KAIROS_DATA_DIR", str(tmp_path / "home"))
    log = Log()
    start_ms = at("2026-03-20T10:00:00+00:00")
    for minute in range(3):
        log.click("anna", "view", "kettle", start_ms + minute * 60_000)
    lines = [
        json.dumps(
            {
                "topic": r.topic,
                "key": "anna",
                "timestamp_ms": r.timestamp_ms,
                "value": json.loads(r.value),
            }
        )
        for r in log.records
    ]
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def replay(history, out):
    words = ["replay", "--source", "raw", "--data", str(history), "--out", str(out)]
    return CliRunner().invoke(build("replay"), words)


def test_the_last_line_is_the_summary_and_the_files_hold_the_records(
    history, tmp_path, monkeypatch
):
    monkeypatch.setenv("KAIROS_CONSENT_DEFAULT", "granted")
    result = replay(history, tmp_path / "out")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    assert (told["consumed"], told["accepted"], told["decided"]) == (3, 3, 1)
    written = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert written["recommended"] == told["recommended"] == 1
    (line,) = (tmp_path / "out" / "recommendations.jsonl").read_text().splitlines()
    assert json.loads(line)["items"][0]["item_id"] == "kettle"


def test_a_log_without_consent_is_told_what_would_help(history, tmp_path):
    result = replay(history, tmp_path / "out")
    assert "KAIROS_CONSENT_DEFAULT=granted" in result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["suppressed"] == {"no_consent": 1}
