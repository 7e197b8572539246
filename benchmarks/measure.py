"""What a process and its descendants cost: CPU seconds and memory."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil


class Tree:
    """A process and its descendants."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def cpu_s(self) -> float:
        """CPU seconds of all, of ended and awaited children too."""
        return sum(_cpu_s(process) for process in self._all())

    def rss_mb(self) -> float:
        """Resident memory of all, in 10^6 bytes."""
        total = 0
        for process in self._all():
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total / 1e6

    def peak_rss_mb(self) -> float:
        """The root's highest resident memory so far, in 10^6 bytes (Linux; else the present)."""
        with suppress(OSError):
            status = Path(f"/proc/{self._root.pid}/status").read_text(encoding="ascii")
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
            return int(peak.split()[1]) * 1024 / 1e6
        return self.rss_mb()

    def _all(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return [self._root, *self._root.children(recursive=True)]
        return []


def _cpu_s(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        spent = process.cpu_times()
        return float(spent.user + spent.system + spent.children_user + spent.children_system)
    return 0.0
