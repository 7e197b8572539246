"""One probability per user of a log, as of the log's last moment."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.bundle import Bundle
from schemas.state import NEVER_MS, UserState
from schemas.tables import SourceRecord
from streams.pipeline.accept import NO_REFUSALS, Vault, accept, deduplicate
from streams.pipeline.aggregate import aggregate
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.experts import user_score
from streams.settings import Settings


class ScoringError(ValueError):
    """A line of the log cannot be used; the message gives the reason."""


def score_users(
    records: Iterable[SourceRecord], bundle: Bundle, settings: Settings, vault: Vault
) -> list[tuple[str, float]]:
    """Return (user id, P(user acts within the horizon)) sorted by user id.

    Everybody is scored at the same moment, just after the newest record: two users compare.

    Raises:
        ScoringError: a record is not acceptable.
    """
    log = list(records)
    if not log:
        return []
    batch = accept(log, NEVER_MS, settings, vault, NO_REFUSALS)
    if batch.dead:
        letter = batch.dead[0]
        raise ScoringError(f"{letter.reason}: {letter.sentence}")
    state = UserState.fresh(batch.keys)
    batch = deduplicate(batch, state, settings)
    wave = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.timeline)
    aggregate(state, wave, settings)
    now_ms = np.full(len(state), int(batch.stream_ms[-1]) + 1)
    scores = user_score(state, now_ms, bundle, None, settings, batch.names.get)
    return sorted(zip(batch.subscribers, scores.tolist(), strict=True))
