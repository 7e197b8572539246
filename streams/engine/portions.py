"""A batch in several transactions: each covers a piece of it, and sends the offsets of that piece.

The results do not depend on where a batch is cut; so the engine may cut by what transactions took.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from schemas.tables import SourceRecord
from streams.engine.intake import Intake
from streams.shared.sizes import input_sizes

START_RECORDS = 250
"""Of the first transaction of a partition: what its records cost is not known yet."""
SLOW_S = 5.0
"""A transaction that was open for longer than this covered too much; a broker ends it after 60 s."""
MOST_BYTES = 8 * 1024 * 1024
"""Of the records of a transaction together: to read a byte takes up to half a microsecond, and up to
eight letters of single fields have all bytes of a record."""


@dataclass(slots=True)
class Pace:
    """How many records of a partition the next transaction covers at the most."""

    records: int = START_RECORDS

    def took(self, records: int, seconds: float) -> None:
        """Note for how long a transaction of ``records`` records was open: half as many if slow."""
        if seconds > SLOW_S:
            self.records = max(min(records, self.records) // 2, 1)
        elif records >= self.records:
            self.records *= 2

    def aborted(self, records: int, seconds: float) -> None:
        """Note for how long a transaction was open that was not committed."""
        if seconds > SLOW_S:
            self.took(records, seconds)


def fitting(records: Sequence[SourceRecord], most: int) -> int:
    """Return how many of the first ``most`` records have `MOST_BYTES` together: at least one."""
    ends = list(accumulate(input_sizes(records[:most])))
    return max(bisect_right(ends, MOST_BYTES), 1)


def first(fresh: Intake, records: int, contained: Mapping[str, int]) -> Intake:
    """Return the first ``records`` records of what is new; all of it covers gaps at the end as well.

    ``contained``: topic -> next offset that the state contains; of a topic without records it stays.
    """
    if records >= len(fresh.records):
        return fresh
    taken = fresh.records[:records]
    ends = {topic: contained.get(topic, 0) for topic in fresh.ends}
    ends |= {record.topic: record.offset + 1 for record in taken}
    return replace(fresh, records=taken, ends=ends)


def after(fresh: Intake, records: int) -> Intake | None:
    """Return what is left after the first ``records`` records, None if that was all."""
    if records >= len(fresh.records):
        return None
    return replace(fresh, records=fresh.records[records:])
