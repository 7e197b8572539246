"""A worker that cannot run says why in a few lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.operate.demo.worker import WorkerError, gist, running

LOG = """\
[2026-11-25 01:23:58,634] [1] [INFO] [^-App]: Starting...
[2026-11-25 01:23:59,197] [1] [ERROR] [^Worker]: Error: RuntimeError('no topic')
Traceback (most recent call last):
  File "worker.py", line 264, in run
RuntimeError: no topic
[2026-11-25 01:23:59,214] [1] [INFO] [^Worker]: Stopping...
"""


def test_the_gist_of_a_log_is_its_errors() -> None:
    assert gist(LOG).splitlines() == [LOG.splitlines()[1], LOG.splitlines()[4]]


def test_the_gist_of_a_quiet_log_is_empty() -> None:
    assert gist("[INFO] all is well") == ""


@pytest.mark.slow
def test_a_worker_with_a_bad_setting_names_it(tmp_path: Path) -> None:
    with running({"partitions": 0}, tmp_path / "worker.log") as worker:
        with pytest.raises(WorkerError, match="partitions"):
            worker.wait_until_ready()
        assert worker.stop() != 0
