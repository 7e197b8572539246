"""State as builds of before wrote it, with what they had read by then; see README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cramjam
import msgspec

from schemas.tables import SourceRecord

HERE = Path(__file__).parent


class Golden(msgspec.Struct):
    """What a worker of a build had read, and what it had written to its changelog.

    ``inputs``: the input topics as they lay in Kafka, each record with its partition and offset;
    ``changelog``: partition, key, value (None deletes), in the order of each partition;
    ``later``: records that the worker never saw; ``settings``: its own, without those of its machine.
    """

    build: str
    row_version: int
    settings: dict[str, Any]
    inputs: list[SourceRecord]
    changelog: list[tuple[int, bytes, bytes | None]]
    later: list[SourceRecord]

    def rows(self, partition: int) -> dict[bytes, bytes]:
        """Return the newest value of each key, as a worker has it after recovery."""
        found: dict[bytes, bytes] = {}
        for place, key, value in self.changelog:
            if place != partition:
                continue
            if value is None:
                found.pop(key, None)
            else:
                found[key] = value
        return found


def versions() -> list[Path]:
    """Return the files, one a row version."""
    return sorted(HERE.glob("*.msgpack.zst"))


def load(path: Path) -> Golden:
    """Read a file."""
    return msgspec.msgpack.decode(bytes(cramjam.zstd.decompress(path.read_bytes())), type=Golden)


def save(golden: Golden, path: Path) -> None:
    """Write a file."""
    path.write_bytes(bytes(cramjam.zstd.compress(msgspec.msgpack.encode(golden), level=19)))
