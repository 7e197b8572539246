"""A graph that does not end is stopped: ONNX has loops, and a bundle may come from elsewhere."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import onnxruntime as ort

TICK_S = 0.25
MOST_TICKS = 20
"""A run of a served graph takes milliseconds. Ticks are counted, not a clock read: a process that
was frozen in the middle of a run must not stop it when it wakes up."""
IDLE_TICKS = 8
"""The thread that counts ends when so many pass without a run."""


@dataclass(slots=True)
class _Run:
    options: Any
    ticks: int = 0


class TimeLimit:
    """Runs graphs; each for at most about five seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, _Run] = {}
        self._counts = False

    def run(self, session: Any, outputs: list[str], fed: dict[str, Any]) -> list[Any]:
        """Return what ``session`` makes of ``fed``; raises what onnxruntime raises, also in the end."""
        run = _Run(ort.RunOptions())
        self._begin(run)
        try:
            found: list[Any] = session.run(outputs, fed, run.options)
            return found
        finally:
            with self._lock:
                del self._open[id(run)]

    def _begin(self, run: _Run) -> None:
        with self._lock:
            self._open[id(run)] = run
            if not self._counts:
                self._counts = True
                threading.Thread(target=self._count, name="graph-limit", daemon=True).start()

    def _count(self) -> None:
        idle = 0
        while idle < IDLE_TICKS:
            time.sleep(TICK_S)
            with self._lock:
                idle = 0 if self._open else idle + 1
                self._counts = idle < IDLE_TICKS
                for run in self._open.values():
                    run.ticks += 1
                    run.options.terminate = run.ticks >= MOST_TICKS
