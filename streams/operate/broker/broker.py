"""The embedded broker: a real single-node Apache Kafka (KRaft) for demo and tests.

It listens on free ports of the loopback interface only, keeps everything under its home
directory and runs detached: it outlives the process that starts it, and any process that knows
the home can stop it.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from streams.operate.broker.broker_runtime import BrokerError, fetch, java, locked

__all__ = ["Broker", "BrokerError", "BrokerStatus"]

HOST = "127.0.0.1"
STARTED = b"Kafka Server started"
JVM = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
num.partitions=4
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
# A replayed log carries its own, old, timestamps: age must neither delete nor refuse a record.
log.retention.ms=-1
log.message.timestamp.after.max.ms=9223372036854775807
"""


class BrokerStatus(msgspec.Struct, frozen=True):
    """Whether the broker of a home runs, and where."""

    running: bool
    home: str
    bootstrap: str | None = None
    pid: int | None = None


class _State(msgspec.Struct, frozen=True):
    """The state file: who serves this home."""

    pid: int
    port: int


class Broker:
    """The broker whose files lie under ``home``; each home has its own ports and data."""

    def __init__(self, home: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self.home = home.resolve()
        self._say = say
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float = 90.0) -> str:
        """Start the broker unless it runs; return its bootstrap address ``"127.0.0.1:PORT"``.

        Raises:
            BrokerError: jars or Java are missing, or the broker is not up within ``timeout_s``.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with locked(self.home / "lock"):
            if state := self._alive():
                return f"{HOST}:{state.port}"
            jars, binary = fetch().jars, java()
            command = [str(binary), *JVM, "-cp", os.pathsep.join(map(str, jars))]
            return self._start(command, timeout_s)

    def stop(self, timeout_s: float = 20.0) -> bool:
        """Stop the broker, whoever started it; return whether it ran. The data stays."""
        if not self.home.exists():
            return False
        with locked(self.home / "lock"):
            state = self._alive()
            if state:
                self._say(f"stopping the broker (pid {state.pid})")
                self._end(state.pid, timeout_s)
            self._state_file.unlink(missing_ok=True)
        return state is not None

    def reset(self) -> None:
        """Stop the broker and delete everything it stored."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def status(self) -> BrokerStatus:
        """Tell whether the broker runs; a state file left by a crash counts as "no"."""
        state = self._alive()
        if state is None:
            return BrokerStatus(False, str(self.home))
        return BrokerStatus(True, str(self.home), f"{HOST}:{state.port}", state.pid)

    @property
    def _state_file(self) -> Path:
        return self.home / "state.json"

    @property
    def _config(self) -> Path:
        return self.home / "server.properties"

    def _start(self, command: list[str], timeout_s: float) -> str:
        deadline = time.monotonic() + timeout_s
        for port, controller_port in (self._last_ports(), _free_ports(), _free_ports()):
            if not (_is_free(port) and _is_free(controller_port)):
                continue
            self._configure(port, controller_port)
            self._format(command)
            if self._launch(command, port, deadline):
                return f"{HOST}:{port}"
        raise BrokerError(f"the broker's ports were taken three times; see {self.home}/broker.log")

    def _configure(self, port: int, controller_port: int) -> None:
        data = self.home / "data"
        text = PROPERTIES.format(host=HOST, port=port, controller_port=controller_port, data=data)
        self._config.write_text(text, encoding="utf-8")

    def _format(self, command: list[str]) -> None:
        if (self.home / "data" / "meta.properties").exists():
            return
        tool = [
            "kafka.tools.StorageTool",
            "format",
            "-t",
            self._cluster_id(),
            "-c",
            str(self._config),
        ]
        done = subprocess.run([*command, *tool], capture_output=True, text=True, check=False)
        if done.returncode:
            raise BrokerError(f"cannot format {self.home / 'data'}: {done.stderr or done.stdout}")

    def _cluster_id(self) -> str:
        """Return a Kafka cluster id: 16 random bytes in URL-safe base64, no leading dash."""
        return "K" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]

    def _launch(self, command: list[str], port: int, deadline: float) -> bool:
        """Start the server; False if another process took a port meanwhile."""
        log = self.home / "broker.log"
        with log.open("wb") as output:
            self._child = subprocess.Popen(
                [*command, "kafka.Kafka", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                start_new_session=True,
            )
        self._state_file.write_bytes(msgspec.json.encode(_State(self._child.pid, port)))
        self._say(f"starting Apache Kafka on {HOST}:{port}")
        while STARTED not in log.read_bytes():
            if self._child.poll() is not None:
                self._state_file.unlink(missing_ok=True)
                return self._taken_or_raise(log)
            if time.monotonic() > deadline:
                self._end(self._child.pid, 5.0)
                raise BrokerError(f"the broker did not start in time; see {log}")
            time.sleep(0.1)
        return True

    def _taken_or_raise(self, log: Path) -> bool:
        text = log.read_text(encoding="utf-8", errors="replace")
        if "Address already in use" in text:
            return False
        raise BrokerError(f"the broker ended at once; the end of {log}:\n{text[-2000:]}")

    def _alive(self) -> _State | None:
        """Return the state if its process lives and is this home's broker, not a reused pid."""
        try:
            state = msgspec.json.decode(self._state_file.read_bytes(), type=_State)
        except (OSError, msgspec.DecodeError):
            return None
        return state if str(self._config) in _command_line(state.pid) else None

    def _end(self, pid: int, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        _signal(pid, signal.SIGTERM)
        while self._lives(pid):
            if time.monotonic() > deadline:
                _signal(pid, signal.SIGKILL)
            time.sleep(0.05)

    def _lives(self, pid: int) -> bool:
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is None
        return str(self._config) in _command_line(pid)

    def _last_ports(self) -> tuple[int, int]:
        """Return the ports of the last run, so that clients survive a restart; else free ones."""
        try:
            lines = self._config.read_text(encoding="utf-8").splitlines()
        except OSError:
            return _free_ports()
        values = dict(line.split("=", 1) for line in lines if "=" in line)
        ports = [int(address.rsplit(":", 1)[1]) for address in values["listeners"].split(",")]
        return ports[0], ports[1]


def _free_ports() -> tuple[int, int]:
    with closing(socket.socket()) as first, closing(socket.socket()) as second:
        first.bind((HOST, 0))
        second.bind((HOST, 0))
        return first.getsockname()[1], second.getsockname()[1]


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _command_line(pid: int) -> str:
    """Return the command line of a live process, "" if there is none."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    answer = subprocess.run(
        ["ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return answer.stdout


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
