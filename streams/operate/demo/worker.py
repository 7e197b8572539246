"""A real worker in its own process: `faust -A streams.app worker`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.settings import PREFIX

COMMAND = ("-m", "faust", "-A", "streams.app", "worker", "-l", "info")
READY = b"Ready"
STOP_S = 20.0
MOST_LINES = 5
_TROUBLE = re.compile(r"\[(ERROR|CRITICAL)\]|^[\w.]*(Error|Exception)\b")


class WorkerError(RuntimeError):
    """The worker ended by itself; the message holds the end of its log."""


class Worker:
    """A running worker process and its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self.log = log

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            WorkerError: it does not.
        """
        code = self._process.poll()
        if code is not None:
            text = self.log.read_text(encoding="utf-8", errors="replace")
            raise WorkerError(f"the worker ended with code {code}; see {self.log}\n{gist(text)}")

    def wait_until_ready(self, timeout_s: float = 60.0) -> float:
        """Return the seconds it took to start."""
        began = time.monotonic()
        while READY not in self.log.read_bytes():
            self.check()
            if time.monotonic() - began > timeout_s:
                raise WorkerError(
                    f"the worker is not ready after {timeout_s:.0f} s; see {self.log}"
                )
            time.sleep(0.05)
        return time.monotonic() - began

    def kill(self) -> None:
        """End it with signal 9, as a machine that fails does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Stop it as a deployment would, by force if it does not listen; return its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def gist(log: str) -> str:
    """Return the lines of a worker's log that say what went wrong, the last few."""
    return "\n".join([line for line in log.splitlines() if _TROUBLE.search(line)][-MOST_LINES:])


@contextmanager
def running(settings: Mapping[str, Any], log: Path) -> Iterator[Worker]:
    """Run a worker with these settings on top of the environment's; stop it at the end."""
    given = {PREFIX + name.upper(): str(value) for name, value in settings.items()}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *COMMAND],
            env={**os.environ, **given},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    worker = Worker(process, log)
    try:
        yield worker
    finally:
        worker.stop()
