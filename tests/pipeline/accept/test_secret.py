from __future__ import annotations

import logging
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from streams.pipeline.accept import read_secret, secret_problem
from streams.settings import Settings, SettingsError


def test_the_setting_wins(tmp_path):
    settings = Settings(secret="mine", data_dir=str(tmp_path))
    assert read_secret(settings) == b"mine"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("secret", "is_fine"), [("", True), ("x" * 15, False), ("x" * 16, True)])
def test_a_secret_that_is_given_must_be_long(secret, is_fine):
    problem = secret_problem(Settings(secret=secret))
    assert (problem is None) == is_fine
    assert is_fine or "x" * 15 not in problem


def test_without_a_setting_one_is_made_once_for_this_user_alone(tmp_path, caplog):
    settings = Settings(data_dir=str(tmp_path / "data"))
    with caplog.at_level(logging.WARNING):
        first = read_secret(settings)
    assert "KAIROS_SECRET" in caplog.text
    assert first.decode() not in caplog.text
    caplog.clear()
    assert read_secret(settings) == first
    assert caplog.text == ""
    assert len(first) == 64
    mode = (tmp_path / "data" / "secret").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_workers_that_start_together_agree(tmp_path):
    settings = Settings(data_dir=str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: read_secret(settings), range(32)))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_an_empty_file_stops_the_start(tmp_path):
    (tmp_path / "secret").write_text(" \n")
    with pytest.raises(SettingsError, match=r"^secret: .*empty"):
        read_secret(Settings(data_dir=str(tmp_path)))


def test_a_place_that_cannot_be_written_stops_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"^secret: "):
        read_secret(Settings(data_dir=str(tmp_path / "file")))
