"""When epochs are due, by the stream time that signals tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Schedule:
    """When epochs are due: at multiples of ``epoch_ms`` of the signals' stream time.

    ``holds_from_ms``: of the newest published epoch; it is never published again.
    ``boundary_ms``: the multiple that the signals have passed. ``told_ms``: changes of the catalogue
    whose version is not later than this were told in an epoch already; None: no change is to be told.
    """

    epoch_ms: int
    holds_from_ms: int | None = None
    boundary_ms: int | None = None
    told_ms: int | None = None

    def published(self, holds_from_ms: int) -> None:
        """Note an epoch that is on the topic."""
        if self.holds_from_ms is None or holds_from_ms > self.holds_from_ms:
            self.holds_from_ms = holds_from_ms

    def resume(self, holds_from_ms: int) -> None:
        """Go on from the epoch that a snapshot was made with."""
        self.published(holds_from_ms)
        self.boundary_ms = holds_from_ms

    def due(self, stream_ms: int) -> int | None:
        """Return the time an epoch must hold from before a signal of ``stream_ms``, or None.

        The first signal starts the count: there is nothing to know before it.
        """
        boundary_ms = stream_ms - stream_ms % self.epoch_ms
        crossed = self.boundary_ms is not None and boundary_ms > self.boundary_ms
        self.boundary_ms = max(boundary_ms, self.boundary_ms or boundary_ms)
        is_new = self.holds_from_ms is None or boundary_ms > self.holds_from_ms
        return boundary_ms if crossed and is_new else None
