"""What the engine runs: anything with `process`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from schemas.tables import SourceRecord
from streams.state.store import Effects, Store, Work


class Processor(Protocol):
    """Decides a merged batch of one partition."""

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        """Return the effects of a batch, or of its beginning; read ``store``, change nothing.

        What is ``left`` of the records is given again, with the effects in the store.

        Raises:
            UndecidedError: the batch cannot be decided now; its partition pauses.
        """
        ...


@runtime_checkable
class JointProcessor(Processor, Protocol):
    """Decides batches of several partitions cheaper together than one by one."""

    def process_all(self, work: Sequence[Work]) -> list[Effects]:
        """Return the effects of each, as `process` would."""
        ...
