"""What the engine runs: anything with `process`."""

from __future__ import annotations

from typing import Protocol

from schemas.tables import SourceRecord
from streams.store import Effects, Store


class Processor(Protocol):
    """Decides a merged batch of one partition."""

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        """Return the effects of a batch; read ``store``, change nothing."""
        ...
