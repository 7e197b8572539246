"""When epochs are due, by the stream time that signals tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Schedule:
    """When epochs are due: at multiples of ``epoch_ms`` of the signals' stream time.

    ``holds_from_ms``: of the newest published epoch; it is never published again. ``since``: the first offset
    on `signals` after time was last brought back, as far as they were read, and ``published_since`` that of
    the newest epoch: what comes after it is later than all before it.
    ``boundary_ms``: the multiple that the signals have passed. ``told_ms``: changes of the catalogue
    whose version is not later than this were told in an epoch already; None: no change is to be told.
    """

    epoch_ms: int
    holds_from_ms: int | None = None
    boundary_ms: int | None = None
    told_ms: int | None = None
    since: int = 0
    published_since: int = 0

    def published(self, holds_from_ms: int, since: int) -> None:
        """Note an epoch that is on the topic."""
        if self._is_new(holds_from_ms, since):
            self.holds_from_ms, self.published_since = holds_from_ms, since

    def resume(self, holds_from_ms: int, since: int) -> None:
        """Go on from the epoch that a snapshot was made with."""
        self.published(holds_from_ms, since)
        self.boundary_ms, self.since = holds_from_ms, since

    def read_to(self, offset: int, back_ms: int) -> None:
        """Note a signal; ``back_ms``: what time was brought back to, 0: it was not."""
        if back_ms:
            self.since, self.boundary_ms = offset + 1, back_ms - back_ms % self.epoch_ms
        elif offset >= self.published_since:  # the signal that brought it back may be gone
            self.since = max(self.since, self.published_since)

    def due(self, stream_ms: int) -> int | None:
        """Return the time an epoch must hold from before a signal of ``stream_ms``, or None.

        The first signal starts the count: there is nothing to know before it.
        """
        boundary_ms = stream_ms - stream_ms % self.epoch_ms
        crossed = self.boundary_ms is not None and boundary_ms > self.boundary_ms
        self.boundary_ms = max(boundary_ms, self.boundary_ms or boundary_ms)
        return boundary_ms if crossed and self._is_new(boundary_ms, self.since) else None

    def _is_new(self, holds_from_ms: int, since: int) -> bool:
        if self.holds_from_ms is None:
            return True
        return (since, holds_from_ms) > (self.published_since, self.holds_from_ms)
