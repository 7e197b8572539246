"""Which parts of the batches are decided together: those under the same epoch."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.tables import SourceRecord
from streams.knowledge.shared import EpochView, Knowledge
from streams.pipeline.accept import Vault
from streams.pipeline.batch.session import Session
from streams.pipeline.batch.turn import Turn
from streams.pipeline.containment.verdicts import Verdicts
from streams.settings import Settings

Part = tuple[Session, list[SourceRecord]]


def turns(
    sessions: list[Session],
    records: list[list[SourceRecord]],
    knowledge: Knowledge,
    settings: Settings,
    vault: Vault,
    verdicts: Verdicts,
) -> Iterator[tuple[Turn, EpochView | None]]:
    """Cut each batch where a newer epoch begins to hold; yield what is decided under the same one.

    Batches that share a user come one by one.
    """
    left = [
        (session, session.by_epoch(mine, knowledge))
        for session, mine in zip(sessions, records, strict=True)
    ]
    while left:
        together: dict[int, tuple[EpochView | None, list[Part]]] = {}
        going_on = []
        for session, parts in left:
            if (cut := next(parts, None)) is not None:
                part, epoch = cut
                together.setdefault(session.marker.epoch, (epoch, []))[1].append((session, part))
                going_on.append((session, parts))
        for epoch, group in together.values():
            here, mine = [s for s, _ in group], [part for _, part in group]
            turn = Turn(here, mine, settings, vault, verdicts)
            for one in turn.apart(settings):
                yield one, epoch
        left = going_on
