"""State as builds of before wrote it, with what they had read by then; see README.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cramjam
import msgspec

from schemas.state import JOURNALS
from schemas.tables import SourceRecord
from streams.state.rows import unpack_rows
from streams.state.store import USER

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

    def partitions(self) -> range:
        """Return the numbers of the partitions."""
        return range(self.settings["partitions"])

    def journal(self) -> dict[str, dict[str, list[dict[str, int]]]]:
        """Return what the build itself read in each user's journal: section -> rows by column names."""
        text = (HERE / f"journal-{self.row_version}.json").read_bytes()
        return msgspec.json.decode(text, type=dict[str, dict[str, list[dict[str, int]]]])

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
    """Write a file, and beside it what this build reads in the journals."""
    path.write_bytes(bytes(cramjam.zstd.compress(msgspec.msgpack.encode(golden), level=19)))
    journal = {user.hex(): read for n in golden.partitions() for user, read in journals(golden, n)}
    text = msgspec.json.encode(journal, order="sorted")
    path.with_name(f"journal-{golden.row_version}.json").write_bytes(text + b"\n")


def journals(
    golden: Golden, partition: int
) -> Iterator[tuple[bytes, dict[str, list[dict[str, int]]]]]:
    """Yield each user of a partition with the journal as this build reads it."""
    rows = golden.rows(partition)
    users = sorted(key[1:] for key in rows if key.startswith(USER))
    state = unpack_rows(users, [rows[USER + user] for user in users])
    for place, user in enumerate(users):
        sections = {name: getattr(state, name).of(place) for name in JOURNALS}
        yield (
            user,
            {
                name: [dict(zip(data.dtype.names, row, strict=True)) for row in data.tolist()]
                for name, data in sections.items()
            },
        )
