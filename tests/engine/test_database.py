"""Whatever becomes of the files of a local state, what is read is right, or it is set aside."""

from __future__ import annotations

import errno
import gc
import os
import resource
import shutil
import stat
from pathlib import Path

import pytest
from faust.types import TP
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples

from streams.engine.database import BROKEN, BrokenStateError, set_aside_if_broken
from streams.engine.store import StateStore

ROWS, FLUSHED = 200, (50, 120)
CHANGELOG = {b"U%04d" % n: b"%04d" % n * 50 for n in range(ROWS)}
"""A row an offset; after each of `FLUSHED` RocksDB begins another file."""


def close(state: StateStore) -> None:
    state._dbs.clear()
    gc.collect()


def recover(state: StateStore) -> None:
    """What a start does: go on where the local state ends, read everything."""
    done = state.persisted_offset(TP("changelog", 0))
    rows = list(CHANGELOG.items())
    for offset in range(0 if done is None else done + 1, ROWS):
        state.write(0, [rows[offset]], offset, saved_s=1e12)


def read(state: StateStore) -> dict[bytes, bytes]:
    found = dict(state.database(0).scan(b"U", b"V"))
    assert state.database(0).get_many(list(found)) == list(found.values())
    return found


@pytest.fixture
def files(state: StateStore) -> Path:
    """What a worker that was killed left of a local state, beside the place a store looks at."""
    for offset, row in enumerate(CHANGELOG.items()):
        state.write(0, [row], offset, saved_s=1e12)
        if offset in FLUSHED:
            state.database(0).rocksdb.flush(wait=True)
    path = state.partition_path(0)
    kept = path.with_name("kept")
    shutil.copytree(path, kept)
    close(state)
    shutil.rmtree(path)
    return kept


def start_over(state: StateStore, files: Path) -> None:
    close(state)
    shutil.rmtree(state.partition_path(0), ignore_errors=True)
    shutil.copytree(files, state.partition_path(0))


def spoil(file: Path, how: str, at: float) -> None:
    content = bytearray(file.read_bytes())
    place = int(at * len(content))
    match how:
        case "gone":
            file.unlink()
        case "cut":
            file.write_bytes(content[:place])
        case "a folder":
            file.unlink()
            file.mkdir()
        case "flipped" if content:
            for each in range(place, len(content), 500):
                content[each] ^= 0xFF
            file.write_bytes(content)


@hypothesis_settings(
    max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pick=st.integers(0, 99),
    how=st.sampled_from(["gone", "cut", "flipped", "a folder"]),
    at=st.floats(0, 1, exclude_max=True),
)
@pytest.mark.slow
def test_after_a_start_or_two_everything_is_there_again(
    state: StateStore, files: Path, pick: int, how: str, at: float
) -> None:
    start_over(state, files)
    names = sorted(file.name for file in files.iterdir())
    spoil(state.partition_path(0) / names[pick % len(names)], how, at)
    try:
        recover(state)
        found = read(state)
    except BrokenStateError:  # it opened, and turned out to be broken in work
        close(state)
        recover(state)
        found = read(state)
    assert found == CHANGELOG


@pytest.mark.slow
def test_a_state_that_lost_its_latest_files_goes_on_from_the_ones_before(
    state: StateStore, files: Path
) -> None:
    """What was written later may not stand beside what is missing, with the later offset."""
    manifest = next(files.glob("MANIFEST-*")).name
    for size in range(0, (files / manifest).stat().st_size, 20):
        start_over(state, files)
        os.truncate(state.partition_path(0) / manifest, size)
        done = state.persisted_offset(TP("changelog", 0))
        assert len(read(state)) == (0 if done is None else done + 1)


def test_a_file_in_place_of_the_folder_is_set_aside(state: StateStore) -> None:
    state.partition_path(0).write_bytes(b"no database")
    recover(state)
    assert read(state) == CHANGELOG


def test_a_scan_over_a_block_that_cannot_be_read_does_not_look_complete(
    state: StateStore, files: Path
) -> None:
    file = min(files.glob("*.sst"))
    content = bytearray(file.read_bytes())
    content[10] ^= 0xFF  # in the first block; the file's footer, which tells at the start, is sound
    file.write_bytes(content)
    files.rename(state.partition_path(0))
    with pytest.raises(BrokenStateError):
        list(state.database(0).scan(b"U", b"V"))


def test_only_the_newest_broken_state_is_kept_and_one_sentence_tells_of_it(
    state: StateStore, files: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for partition in range(3):
        shutil.copytree(files, state.partition_path(partition))
        (state.partition_path(partition) / "CURRENT").write_bytes(b"?")
        assert state.persisted_offset(TP("changelog", partition)) is None
    kept = list(state.partition_path(0).parent.glob("*" + BROKEN))
    assert kept == [state.partition_path(2).with_name("state-2.db" + BROKEN)]
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 3
    assert (
        f"(Corruption: CURRENT file does not end with newline): set aside as {kept[0]}" in told[2]
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("IO error: No space left on device: While appending to file: x.sst", errno.ENOSPC),
        ("IO error: While open a file for random read: x.sst: Too many open files", errno.EMFILE),
        ("IO error: While opening a file: x/CURRENT: Permission denied", errno.EACCES),
        ("IO error: While lock file: x/LOCK: Resource temporarily unavailable", errno.EAGAIN),
        ("IO error: While mkdir: x: Read-only file system", errno.EROFS),
    ],
)
def test_what_the_machine_lacks_is_no_reason_to_throw_state_away(
    tmp_path: Path, said: str, code: int
) -> None:
    with (
        pytest.raises(OSError, match="local state is kept") as raised,
        set_aside_if_broken(tmp_path),
    ):
        raise Exception(said)
    assert raised.value.errno == code
    assert tmp_path.exists()


def test_without_free_file_descriptors_state_is_kept(state: StateStore, files: Path) -> None:
    files.rename(state.partition_path(0))
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            state.persisted_offset(TP("changelog", 0))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    recover(state)
    assert read(state) == CHANGELOG
    assert not list(state.partition_path(0).parent.glob("*" + BROKEN))


def test_an_error_of_ours_is_not_taken_for_one_of_rocksdb(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ours"), set_aside_if_broken(tmp_path):
        raise ValueError("ours")
    assert tmp_path.exists()


def test_a_state_is_for_the_workers_eyes_only(state: StateStore) -> None:
    state.write(0, CHANGELOG.items(), 0)
    assert stat.S_IMODE(state.partition_path(0).stat().st_mode) == 0o700


def test_closing_saves_what_was_written(state: StateStore) -> None:
    state.write(0, CHANGELOG.items(), 7)
    close(state)
    assert state.persisted_offset(TP("changelog", 0)) == 7
    assert read(state) == CHANGELOG
