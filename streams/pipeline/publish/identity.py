"""The id that a decision shares with its projection, the same in every replay."""

from __future__ import annotations

import uuid

from schemas.ids import decision_id
from schemas.tables import DueUsers
from schemas.vocabulary import TriggerKind
from streams.settings import Settings

KIND_NAMES = tuple(kind.name.lower() for kind in TriggerKind)
"""A trigger's name in records, by its number."""


def decision_ids(due: DueUsers, settings: Settings) -> list[uuid.UUID]:
    """Return each row's id: UUIDv5 of tenant, pseudonym, trigger kind and cause (DESIGN law 8).

    The cause of a timer is the time it was due, that of an event its hash.
    """
    causes = (
        str(due_ms) if due_ms >= 0 else f"{cause:016x}"
        for due_ms, cause in zip(due.due_ms.tolist(), due.cause.tolist(), strict=True)
    )
    rows = zip(due.state.keys, due.kind.tolist(), causes, strict=True)
    return [
        decision_id(settings.tenant, key.hex(), KIND_NAMES[kind], cause, 0)
        for key, kind, cause in rows
    ]
