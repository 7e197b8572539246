"""The peers' folder is copied, never written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.peers.lab import SCRIPTS, Lab, LabError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "ks" / "src").mkdir(parents=True)
    for name in SCRIPTS:
        (folder / name).write_text("print(1)")
    (folder / "ks" / "src" / "Job.java").write_text("class Job {}")
    return folder


def test_a_folder_without_the_scripts_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"lacks gen\.py, verify\.py, labcommon\.py: PEERS=DIR"):
        Lab(tmp_path / "nowhere", tmp_path / "home", print)


def test_a_read_only_folder_becomes_a_writable_copy(source: Path, tmp_path: Path) -> None:
    (source / "gen.py").chmod(0o444)
    source.chmod(0o555)
    lab = Lab(source, tmp_path / "home", print)
    assert (lab.folder / "gen.py").stat().st_mode & 0o200
    assert lab.folder.stat().st_mode & 0o200
    source.chmod(0o755)


def test_what_was_built_survives_until_its_source_changes(source: Path, tmp_path: Path) -> None:
    job = Lab(source, tmp_path / "home", print).folder / "ks" / "src" / "Job.java"
    before_ns = job.stat().st_mtime_ns
    Lab(source, tmp_path / "home", print)
    assert job.stat().st_mtime_ns == before_ns
    (source / "ks" / "src" / "Job.java").write_text("class Job { int changed; }")
    Lab(source, tmp_path / "home", print)
    assert "changed" in job.read_text()
