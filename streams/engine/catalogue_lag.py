"""How long batches wait for a catalogue that is known not to be read to its end. Pure: no Kafka, no clock."""

from __future__ import annotations


class CatalogueLag:
    """The catalogue lags from `note` to `note`; it holds batches up for ``wait_s`` seconds at the most."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._since_s: float | None = None

    def note(self, lags: bool, now_s: float) -> None:
        """Note whether records of the catalogue are there that are not applied yet."""
        if not lags:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now_s

    def holds_up(self, now_s: float) -> bool:
        """Whether a batch waits now (any monotonic seconds)."""
        return self._since_s is not None and now_s - self._since_s < self._wait_s
