"""Fold a wave of accepted events into the users' rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.timeline import Timeline
from schemas.vocabulary import CONSENTS, among
from streams.pipeline.aggregate.consent import add_answers
from streams.pipeline.aggregate.facts import add_context, add_events, add_recent, add_tiles
from streams.pipeline.aggregate.receipts import apply_receipts
from streams.pipeline.aggregate.tables import add_to_tables
from streams.settings import Settings


@dataclass(slots=True)
class Wave:
    """The accepted rows of one wave; ``user`` is the row in the wave's state.

    ``timeline`` is the whole batch's stream time, indexed by ``pos``.
    """

    events: NDArray[Any]
    facts: NDArray[Any]
    contexts: NDArray[Any]
    receipts: NDArray[Any]
    timeline: Timeline

    @property
    def stream_ms(self) -> NDArray[np.int64]:
        """Stream time at each position of the batch."""
        return self.timeline.ms

    @property
    def parts(self) -> tuple[NDArray[Any], ...]:
        """The four kinds of rows."""
        return self.events, self.facts, self.contexts, self.receipts

    def map(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Wave:
        """The same wave with every kind of row changed alike."""
        return self.of([change(rows) for rows in self.parts])

    def of(self, parts: list[NDArray[Any]]) -> Wave:
        """A wave of other rows in the same batch, in the order of `parts`."""
        events, facts, contexts, receipts = parts
        return Wave(events, facts, contexts, receipts, self.timeline)


def aggregate(state: UserState, wave: Wave, settings: Settings) -> None:
    """Apply the wave's facts and receipts; timers are `arm_timers`'. Changes ``state`` in place."""
    if len(wave.events):
        add_events(state, wave.events, settings.lateness_ms, settings.seen_ids)
        # also without facts: an event that moves the newest time may be what old tiles are forgotten by
        add_tiles(state, wave.facts, settings.retention_ms)
    if len(wave.facts):
        add_recent(state, wave.facts, settings.recent_events)
        add_to_tables(state, wave.facts)
    if len(wave.contexts):
        answers = among(wave.contexts["field"], CONSENTS)
        add_answers(state, wave.contexts.compress(answers))
        add_context(state, wave.contexts.compress(~answers))
    apply_receipts(state, wave.receipts)
