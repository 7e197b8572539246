"""The article's use case: two files in, one calibrated probability a user out."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from models.bundle import Bundle, reference_path
from streams.offline.scoring import ScoringError, score_users
from streams.offline.sources import read_article
from streams.operate.cli import build
from streams.pipeline.accept import Vault
from streams.settings import load_settings

SETTINGS = load_settings({})
VAULT = Vault(b"score", SETTINGS.tenant)


def test_the_command_prints_a_line_a_user_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("KAIROS_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(
        build("score"), ["score", "examples/behavior.csv", "examples/context.csv"]
    )
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 12
    assert all(re.fullmatch(r"u\d\d,[01]\.\d{6}", line) for line in lines)


def test_the_order_of_rows_changes_nothing(tmp_path):
    def scores(behaviour, context):
        (tmp_path / "b.csv").write_text(
            "user_id,timestamp,views,purchases\n" + "\n".join(behaviour)
        )
        (tmp_path / "c.csv").write_text(
            "user_id,timestamp,mobile_usage,location\n" + "\n".join(context)
        )
        log = read_article(tmp_path / "b.csv", tmp_path / "c.csv")
        return score_users(log, Bundle.load(reference_path()), SETTINGS, VAULT)

    behaviour = ["a,2026-03-01 10:00,3,0", "b,2026-03-01 11:00,0,1", "a,2026-03-02 10:00,1,1"]
    context = ["a,2026-03-01 10:00,30,home", "b,2026-03-01 12:00,5,work"]
    assert scores(behaviour, context) == scores(behaviour[::-1], context[::-1])


def test_everybody_in_either_file_gets_a_line(tmp_path):
    (tmp_path / "b.csv").write_text(
        "user_id,timestamp,views,purchases\n1,2026-03-01,3,0\n2,2026-03-01,0,0\n"
    )
    (tmp_path / "c.csv").write_text("user_id,timestamp,mobile_usage,location\n3,2026-03-01,,\n")
    log = read_article(tmp_path / "b.csv", tmp_path / "c.csv")
    scores = score_users(log, Bundle.load(reference_path()), SETTINGS, VAULT)
    assert [user for user, _ in scores] == ["1", "2", "3"]
    assert all(0 <= p <= 1 for _, p in scores)


def test_a_line_that_cannot_be_used_is_named():
    from support.records import Log

    log = Log()
    log.add("clicks", "anna", b"{", 1_700_000_000_000)
    with pytest.raises(ScoringError, match="not_json"):
        score_users(log.records, Bundle.load(reference_path()), SETTINGS, VAULT)


def test_no_record_gives_no_line():
    assert score_users([], Bundle.load(reference_path()), SETTINGS, VAULT) == []
