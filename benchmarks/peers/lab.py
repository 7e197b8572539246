"""The peers' folder made ready to run: a scratch copy, their own environment, Java built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
SCRIPTS = ("gen.py", "verify.py", "labcommon.py")
MAVEN = ("mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib",
         "-DincludeScope=runtime")  # fmt: skip
PARTITIONS = 4


class LabError(RuntimeError):
    """The peers cannot be made ready; the message says what is missing."""


class Lab:
    """A copy of the peers' folder under ``home``, with which everything is run."""

    def __init__(self, source: Path, home: Path, say: Callable[[str], None]) -> None:
        """``source``: the folder with the peers' scripts; it is only read.

        Raises:
            LabError: it is no such folder.
        """
        missing = [name for name in SCRIPTS if not (source / name).is_file()]
        if missing:
            raise LabError(
                f"{source} lacks {', '.join(missing)}: PEERS=DIR names the folder with the peers"
            )
        self.folder, self._venv, self._say = home / "lab", home / "venv", say
        self.python = self._venv / "bin" / "python"
        _copy(source, self.folder)

    def install(self) -> None:
        """Put the peers' Python packages into their environment, unless they are there."""
        done, wanted = self._venv / ".complete", REQUIREMENTS.read_text(encoding="utf-8")
        if done.exists() and done.read_text(encoding="utf-8") == wanted:
            return
        self._say("installing the peers' Python packages")
        self._run([sys.executable, "-m", "venv", "--clear", str(self._venv)])
        pip = [str(self.python), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)]
        self._run([*pip, "--disable-pip-version-check"])
        done.write_text(wanted, encoding="utf-8")

    def build(self, name: str) -> None:
        """Build the Java peer in the folder ``name``, unless it is as new as its source."""
        folder = self.folder / name
        sources = sorted((folder / "src").rglob("*.java"))
        stamp = folder / "classes" / ".complete"
        if stamp.exists() and all(s.stat().st_mtime < stamp.stat().st_mtime for s in sources):
            return
        self._say(f"building {name}")
        self._run([*MAVEN], cwd=folder)
        (folder / "classes").mkdir(exist_ok=True)
        files = [str(path) for path in sources]
        self._run(["javac", "-nowarn", "-cp", "lib/*", "-d", "classes", *files], cwd=folder)
        stamp.touch()

    def generate(self, broker: str, topic: str, events: int) -> None:
        """Make an input topic."""
        self._say(f"making {events:,} events in {topic}")
        given = {"BROKER": broker, "TOPIC": topic, "N": str(events), "PARTS": str(PARTITIONS)}
        self._run([str(self.python), "gen.py"], env=given)

    def verify(self, broker: str, topic: str, out: str) -> dict[str, Any]:
        """Return what the checker says of every output of a run."""
        done = self._run([str(self.python), "verify.py", topic, out], env={"BROKER": broker})
        found: dict[str, Any] = json.loads(done.splitlines()[-1])
        return found

    def _run(
        self, command: list[str], cwd: Path | None = None, env: dict[str, str] | None = None
    ) -> str:
        done = subprocess.run(
            command, cwd=cwd or self.folder, env={**os.environ, **(env or {})},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            text = (done.stdout + done.stderr)[-2000:]
            raise LabError(f"{' '.join(command[:4])} ... ended with code {done.returncode}\n{text}")
        return done.stdout


def missing_programs(names: tuple[str, ...]) -> list[str]:
    """Return which of the programs are not on PATH."""
    return [name for name in names if shutil.which(name) is None]


def _copy(source: Path, target: Path) -> None:
    """Copy what changed, without modes (the source may be read-only); keep what was built."""
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
            continue
        content = path.read_bytes()
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.read_bytes() != content:
            copy.write_bytes(content)
