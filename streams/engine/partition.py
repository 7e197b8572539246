"""What the engine keeps of a partition between batches."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from streams.engine.portions import Pace
from streams.engine.progress import Marked, Progress
from streams.engine.store import PartitionStore
from streams.engine.trial import Trial


@dataclass(slots=True)
class Partition:
    """A partition from one rebalance to the next; batches run under its lock."""

    store: PartitionStore
    progress: Progress
    trial: Trial
    marked: Marked
    """As of the last commit."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    checked: bool = False
    aborts: int = 0
    pauses: int = 0
    beyond: dict[str, int] = field(default_factory=dict)
    """What had been fetched beyond the state when the quiet partition was last looked at."""
    pace: Pace = field(default_factory=Pace)
    done_s: float = field(default_factory=time.monotonic)
