"""Which parts of the batches are decided together: those under the same epoch, timers apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.knowledge.shared import EpochView, Knowledge
from streams.pipeline.accept import Vault
from streams.pipeline.batch.portion import Portion, dead_of, first_slice
from streams.pipeline.batch.reached import IsDead, reached, stream_ms
from streams.pipeline.batch.session import Session
from streams.pipeline.batch.turn import Turn
from streams.pipeline.containment.verdicts import Verdicts
from streams.settings import Settings

Part = tuple[Session, Portion]
Under = tuple[Portion, EpochView | None]
"""A part of a batch, and the epoch that it is decided under."""


def turns(
    sessions: list[Session],
    portions: list[Portion],
    knowledge: Knowledge,
    settings: Settings,
    vault: Vault,
    verdicts: Verdicts,
    most: int,
) -> Iterator[tuple[Turn, EpochView | None]]:
    """Cut each portion where a newer epoch begins to hold; yield what is decided under the same one.

    Batches that share a user come one by one. Before an epoch at most ``most`` timers fire in a turn.
    """
    left = [
        (
            session,
            by_step(
                session,
                by_epoch(
                    session, mine, knowledge, most, dead_of(session, verdicts, settings, vault)
                ),
            ),
        )
        for session, mine in zip(sessions, portions, strict=True)
    ]
    while left:
        together: dict[tuple[int, bool, bool], tuple[EpochView | None, list[Part]]] = {}
        going_on = []
        for session, parts in left:
            if (cut := next(parts, None)) is not None:
                part, epoch = cut
                alike = session.marker.epoch, epoch is None, bool(part.timers)
                together.setdefault(alike, (epoch, []))[1].append((session, part))
                going_on.append((session, parts))
        for epoch, group in together.values():
            here, mine = [s for s, _ in group], [part for _, part in group]
            turn = Turn(here, mine, settings, vault, verdicts)
            for one in turn.apart(settings):
                yield one, epoch
        left = going_on


def by_epoch(
    session: Session, portion: Portion, knowledge: Knowledge, most: int, is_dead: IsDead
) -> Iterator[Under]:
    """Cut before the first record at or after the time from which a newer epoch holds.

    Timers that fire before that record are decided under the epoch before it: they may have been
    committed already, when the record itself was not. Those that the epoch sets come with the record.
    None: the adopted epoch is gone or does not hold (again), and no newer one does.
    """
    adopted, before_ms = knowledge.current(session.marker.epoch), session.marker.stream_ms
    if portion.timers:
        holds = adopted is not None and adopted.holds_from_ms <= before_ms
        yield portion, adopted if holds else None
        return
    records, start, current, adopted_at = portion.records, 0, None, -1
    waiting = knowledge.pending(session.marker.epoch, session.marker.left_epochs)
    for epoch in waiting if adopted is None else [adopted, *waiting]:
        cut = reached(records, before_ms, epoch.holds_from_ms, is_dead)
        if cut == len(records):
            break
        if cut > start:
            yield Portion(records[start:cut], [], portion.record_ms), current
        if epoch is not adopted:
            if cut != adopted_at:
                now_ms = stream_ms(records[cut], before_ms, is_dead)
                while due := session.due_timers(now_ms, most + 1):
                    yield Portion([], first_slice(due, most), now_ms), current
            session.adopt(epoch)
            adopted_at = cut
        start, current = cut, epoch
    yield Portion(records[start:], [], portion.record_ms), current


def by_step(session: Session, parts: Iterable[Under]) -> Iterator[Under]:
    """Cut where the partition's dictionary takes a step (`streams.state.sweep`)."""
    every = session.pace.records
    for part, epoch in parts:
        left, room = part.records, every - session.marker.records % every
        while len(left) > room:
            yield Portion(left[:room], [], part.record_ms), epoch
            left, room = left[room:], every
        yield Portion(left, part.timers, part.record_ms), epoch
