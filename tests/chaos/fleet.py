"""The workers of a round, and the supervisor that a deployment would have."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.operate.demo.run import given
from streams.settings import PREFIX, Settings

TESTS = Path(__file__).parents[1]
READY = b"Worker ready"
STOP_S = 60.0
MOST_RESTARTS = 25


class FleetError(AssertionError):
    """A worker does not come up, or does not go down; the message ends with the logs' ends."""


@dataclass(slots=True)
class Member:
    """A worker: its local state in ``home``, the points of its own, and its process."""

    name: str
    home: Path
    points: dict[str, Any]
    process: subprocess.Popen[bytes]
    starts: int = 1
    log_at: int = 0
    stopped: bool = field(default=False)

    def is_up(self) -> bool:
        """Whether the process lives."""
        return self.process.poll() is None


class Fleet:
    """Starts workers of a job, restarts those that end by themselves, stops them at the end."""

    def __init__(
        self, settings: Settings, broker: str, job: str, folder: Path, points: Mapping[str, Any]
    ) -> None:
        """``broker``: where the workers find it; ``points``: armed in every worker."""
        self._settings = settings
        self._broker = broker
        self.folder = folder
        self.members: dict[str, Member] = {}
        self.exits: Counter[int] = Counter()
        self._job = job
        self._points = dict(points)

    # -- members

    def start(self, name: str, home: str | None = None, **points: Any) -> Member:
        """Start a worker; ``points`` are armed in its processes until they went off.

        Two faults of a round may call theirs the same: the second gets a number.
        """
        if name in self.members:
            name = f"{name}-{len(self.members)}"
        folder = self.folder / (home or name)
        log = self.log(name)
        member = Member(name, folder, points, self._spawn(name, folder, points))
        member.log_at = log.stat().st_size
        self.members[name] = member
        return member

    def restart(self, member: Member, **points: Any) -> None:
        """Start a worker that has ended again, in the same home, with more ``points``."""
        member.starts += 1
        if member.starts > MOST_RESTARTS:
            raise FleetError(f"{member.name} was restarted {MOST_RESTARTS} times\n{self.tails()}")
        member.log_at = self.log(member.name).stat().st_size
        gone_off = self.fired()
        left = {name: told for name, told in member.points.items() if not gone_off[name]}
        member.points = left | points
        member.process = self._spawn(member.name, member.home, member.points)
        member.stopped = False

    def _spawn(self, name: str, home: Path, points: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        told = given(self._settings) | {"broker": self._broker, "data_dir": str(home)}
        if self._settings.instance_id:
            told["instance_id"] = name
        environment = {
            **os.environ,
            **{PREFIX + key.upper(): str(value) for key, value in told.items()},
            "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent))),
            "CHAOS_JOB": self._job,
            "CHAOS_POINTS": json.dumps(self._points | dict(points)),
            "CHAOS_FIRED": str(self.fired_log),
        }
        command = [sys.executable, "-m", "faust", "-A", "chaos.app", "worker", "-l", "info"]
        with self.log(name).open("ab") as log:
            return subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def tend(self) -> None:
        """Restart what ended by itself."""
        for member in self.members.values():
            if not member.stopped and not member.is_up():
                self.exits[member.process.returncode] += 1
                self.restart(member)

    # -- what is done to them

    def kill(self, member: Member) -> None:
        """Signal 9; the supervisor will notice."""
        member.process.kill()
        member.process.wait()

    def signal(self, member: Member, number: signal.Signals) -> None:
        """Send a signal to a worker, if it lives."""
        if member.is_up():
            member.process.send_signal(number)

    def stop(self, member: Member) -> int:
        """SIGTERM, and no restart; return the exit code."""
        member.stopped = True
        self.signal(member, signal.SIGTERM)
        try:
            return member.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise FleetError(f"{member.name} does not stop\n{self.tails()}") from None

    @contextmanager
    def stirred(self, point: str) -> Iterator[None]:
        """While the block runs those without the point are away: who has it gets all partitions.

        Where there are none, one joins, and stays.
        """
        others = [] if point in self._points else self._without(point)
        for member in others:
            self.stop(member)
        if not others:
            self.start("stirrer")
        try:
            yield
        finally:
            for member in others:
                self.restart(member)

    def _without(self, point: str) -> list[Member]:
        return [m for m in self.members.values() if not m.stopped and point not in m.points]

    def stop_all(self) -> None:
        """Stop all at once."""
        for member in self.members.values():
            if not member.stopped:
                self.signal(member, signal.SIGTERM)
        for member in self.members.values():
            if not member.stopped:
                self.stop(member)

    def close(self) -> None:
        """End whatever still runs."""
        for member in self.members.values():
            if member.is_up():
                member.process.kill()
                member.process.wait()

    # -- what they say

    @property
    def fired_log(self) -> Path:
        """Where workers note which of their points went off."""
        return self.folder / "fired.txt"

    def fired(self) -> Counter[str]:
        """How often each point went off."""
        if not self.fired_log.exists():
            return Counter()
        return Counter(self.fired_log.read_text().split())

    def log(self, name: str) -> Path:
        """The log of all processes of a member."""
        path = self.folder / f"{name}.log"
        path.touch()
        return path

    def is_ready(self, member: Member) -> bool:
        """Whether the member's present process has come up."""
        return member.is_up() and READY in self.log(member.name).read_bytes()[member.log_at :]

    def wait_ready(self, member: Member, timeout_s: float = 90.0) -> None:
        """Wait until a member is up, however often it is restarted meanwhile."""
        deadline = time.monotonic() + timeout_s
        while not self.is_ready(member):
            if time.monotonic() > deadline:
                raise FleetError(f"{member.name} does not come up\n{self.tails()}")
            time.sleep(0.1)
            self.tend()

    def count_up(self) -> int:
        """How many workers live."""
        return sum(member.is_up() for member in self.members.values())

    def tails(self) -> str:
        """The ends of the logs."""
        paths = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-3_000:]}" for path in paths
        )
