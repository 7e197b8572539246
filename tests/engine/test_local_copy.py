from __future__ import annotations

import gc
import time
from pathlib import Path

import pytest

from streams.engine import progress
from streams.engine.local_copy import LocalCopy
from streams.engine.store import StateStore
from streams.settings import Settings


@pytest.fixture
def copy(state: StateStore, tmp_path: Path) -> LocalCopy:
    """What a worker left after a batch; its database is closed."""
    row = progress.pack(progress.Progress({"clicks": 7}))
    state.write(0, [(progress.KEY, row), (b"U1", b"a")], 41, saved_s=time.time())
    state._dbs.clear()
    gc.collect()
    return LocalCopy(Settings(data_dir=str(tmp_path)), 0)


def test_it_is_found_where_the_worker_put_it(copy: LocalCopy) -> None:
    assert copy.exists()
    assert (copy.offset(), copy.contained()) == (41, {"clicks": 7})


def test_its_rows_are_those_of_the_changelog_and_the_progress_comes_last(copy: LocalCopy) -> None:
    keys = [key for key, _ in copy.rows()]
    assert keys == [b"U1", progress.KEY]


def test_it_may_be_good_for_another_log_or_removed(copy: LocalCopy) -> None:
    copy.good_for(3, {"log": b"another"})
    assert (copy.offset(), copy.topic_ids()) == (3, {"log": b"another"})
    copy.remove()
    assert not copy.exists()
