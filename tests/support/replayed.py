"""The facts that a log ends in when nothing disturbs it."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.tables import SourceRecord
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import facts_length
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings
from streams.state.store import USER


def facts_of_replay(settings: Settings, log: Sequence[SourceRecord]) -> dict[bytes, bytes]:
    """Return the fact part of each user's row after an undisturbed replay."""
    vault = Vault(settings.secret.encode(), settings.tenant)
    done = replay(log, Pipeline(settings, vault), lambda output: None)
    rows = [row for store in done.stores for row in store.rows.items() if row[0].startswith(USER)]
    return {key: row[: facts_length(row)] for key, row in rows}
