"""Records of shared topics that a reader cannot use: skipped, counted, named by their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any


class Skipped:
    """Counts by topic (``counts``) and warns of each; no key and no value gets into a line."""

    def __init__(self, warn: Callable[..., None]) -> None:
        """``warn``: a logger's method, called with a format and its arguments."""
        self.counts: Counter[str] = Counter()
        self._warn = warn

    def note(self, record: Any, reason: str) -> None:
        """Count a record (aiokafka's) that is not used, or not wholly."""
        self.counts[record.topic] += 1
        self._warn(
            "%s[%d]@%d skipped: %s (%d of this topic)",
            record.topic, record.partition, record.offset, reason, self.counts[record.topic],
        )  # fmt: skip
