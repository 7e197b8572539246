"""Workers that are started again when they end, as a supervisor does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from support.shop import Shop

from streams.operate.demo.run import given
from streams.settings import PREFIX


class Supervised:
    """One worker of ``app``; ``deaths``: the exit codes of those that ended by themselves."""

    def __init__(self, shop: Shop, app: str, home: str, folder: Path, more: dict[str, str]) -> None:
        settings = msgspec.structs.replace(
            shop.settings, data_dir=str(shop.folder / home), instance_id=home
        )
        own = {PREFIX + name.upper(): str(value) for name, value in given(settings).items()}
        tests = folder.parent
        path = os.pathsep.join((str(folder), str(tests), os.environ.get("PYTHONPATH", "")))
        self._environment = {**os.environ, **own, **more, "PYTHONPATH": path}
        self._command = [sys.executable, "-m", "faust", "-A", app, "worker", "-l", "info"]
        self.log = shop.folder / f"{home}.log"
        self.deaths: list[int] = []
        self._stopping = False
        self._process = self._start()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def _watch(self) -> None:
        while True:
            code = self._process.wait()
            if self._stopping:
                return
            self.deaths.append(code)
            self._process = self._start()

    def stop(self) -> None:
        self._stopping = True
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._thread.join(10)


@contextmanager
def supervised(
    shop: Shop, app: str, folder: Path, *homes: str, **more: str
) -> Iterator[list[Supervised]]:
    """Run a worker in each of the homes, with ``more`` environment; yield them when they are ready."""
    workers = [Supervised(shop, app, home, folder, more) for home in homes]
    try:
        for worker in workers:
            shop.wait(
                lambda log=worker.log: b"Ready" in log.read_bytes(), f"{worker.log} is ready", 60
            )
        yield workers
    finally:
        for worker in workers:
            worker.stop()
