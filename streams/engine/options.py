"""What the engine is told by the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from streams.settings import Settings

MERGED = ("clicks", "purchases", "context", "profiles", "push-receipts", "ticks")
"""The co-partitioned topics of the input sequence; ties in time go to the earlier one."""
OPTIONAL = ("social",)
"""Those that are merged as well, before the ticks, where a setting of their name is on."""
TABLE = "state"
"""Name of the one table; its changelog is ``<app_id>-state-changelog``."""


def merged(settings: Settings) -> tuple[str, ...]:
    """Return the merged topics of a deployment, without prefix, in order."""
    asked = (name for name in OPTIONAL if getattr(settings, name) == "on")
    return (*MERGED[:-1], *asked, MERGED[-1])


@dataclass(slots=True, frozen=True)
class Options:
    """``topics``: full names of the merged topics in order; times in milliseconds.

    ``cache_bytes``, ``rocksdb_bytes``: memory for all partitions of the worker together; ``silent``:
    a partition that begins without state says nothing of what is in the log already.
    """

    topics: tuple[str, ...]
    partitions: int
    ticks: str
    prefix: str
    batch_records: int
    merge_wait_ms: int
    fetch_wait_ms: int
    tick_ms: int
    cache_bytes: int
    rocksdb_bytes: int
    silent: bool

    @classmethod
    def of(cls, settings: Settings, topics: tuple[str, ...] | None = None) -> Self:
        """Return the options of a deployment; another job may name its own ``topics``."""
        return cls(
            topics=topics or tuple(settings.topic(name) for name in merged(settings)),
            partitions=settings.partitions,
            ticks=settings.topic("ticks"),
            prefix=settings.output_prefix or settings.topic_prefix,
            batch_records=settings.batch_records,
            merge_wait_ms=settings.merge_wait_ms,
            fetch_wait_ms=settings.fetch_wait_ms,
            tick_ms=settings.tick_ms,
            cache_bytes=settings.state_memory_mib << 19,
            rocksdb_bytes=settings.state_memory_mib << 19,
            silent=settings.catch_up == "silent",
        )
