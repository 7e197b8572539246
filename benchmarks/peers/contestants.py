"""Who runs the job, with which command and on which input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers.lab import Lab

ROOT = Path(__file__).resolve().parent.parent.parent
JAVA = ("java", "javac", "mvn")


@dataclass(frozen=True, slots=True)
class Contestant:
    """``limit``: not a peer but the physical limit, whose outputs are the input unchanged."""

    name: str
    title: str
    command: Callable[[Lab], list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    java: str = ""
    limit: bool = False


@dataclass(frozen=True, slots=True)
class Heat:
    """One contestant on one input; ``group`` is ``cold`` (start included) or ``warm``."""

    group: str
    contestant: Contestant
    topic: str
    events: int

    @property
    def key(self) -> str:
        """Name of the heat."""
        return f"{self.contestant.name} {self.group}"


def _script(name: str, *arguments: str) -> Callable[[Lab], list[str]]:
    return lambda lab: [str(lab.python), str(lab.folder / name), *arguments]


def _shell(name: str) -> Callable[[Lab], list[str]]:
    return lambda lab: ["bash", str(lab.folder / name)]


OURS = Contestant(
    "ours", "Kairos, exactly once",
    lambda lab: [sys.executable, "-m", "faust", "-A", "benchmarks.features_job", "worker",
                 "-l", "warn"],
)  # fmt: skip
BYTEWAX = Contestant("bytewax", "Bytewax 0.21", _shell("peer_bytewax.sh"))
KSTREAMS = Contestant(
    "kstreams", "Kafka Streams 4.1 EOSv2", _shell("peer_kstreams.sh"),
    {"GUARANTEE": "exactly_once_v2"}, java="ks",
)  # fmt: skip
FLINK = Contestant("flink", "Flink 2.2 RocksDB", _shell("peer_flink.sh"), java="flink")
FAUST = Contestant(
    "faust", "stock Faust 0.15 RocksDB",
    _script("peer_faust.py", "worker", "-l", "warn", "--without-web"),
)  # fmt: skip
RAW = Contestant("raw", "raw librdkafka passthrough", _script("peer_raw_ck.py"), limit=True)

COLD, WARM = "cold", "warm"
HEATS = (
    *(Heat(COLD, each, "clicks", 300_000) for each in (OURS, BYTEWAX, KSTREAMS, FLINK, RAW)),
    Heat(COLD, FAUST, "clicks30k", 30_000),
    *(Heat(WARM, each, "clicks1m5", 1_500_000) for each in (OURS, KSTREAMS, RAW)),
)
"""One round. Stock Faust gets a tenth of the events: it takes half a minute for these."""
