"""The data path, top to bottom: merged batches in, one unit of commit out for each partition.

Each stage is a folder. A comment names those that are called inside a step of `streams.pipeline.batch`.
What brings the batches and commits the effects: `streams.engine`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.bundle.tables import ItemTables
from schemas.tables import CandidateSet, DueUsers, EventBatch, SourceRecord
from streams.knowledge.shared import NO_TABLES, Knowledge, Shared
from streams.pipeline.accept import Vault, deduplicate
from streams.pipeline.aggregate.journal import forget_shadow
from streams.pipeline.allocate import allocate
from streams.pipeline.allocate.diversity import diversify
from streams.pipeline.batch.commands import obey, until_told
from streams.pipeline.batch.portion import SLICE_TIMERS, Portion, dead_of, first_portion
from streams.pipeline.batch.resources import resources_of
from streams.pipeline.batch.session import Session
from streams.pipeline.batch.turn import Turn
from streams.pipeline.batch.turns import turns
from streams.pipeline.batch.waves import waves
from streams.pipeline.candidates import gather, known_items, sold_here
from streams.pipeline.containment import Seen, Verdicts, contained
from streams.pipeline.containment.set_aside import apart, undecided, without_items
from streams.pipeline.experts import score
from streams.pipeline.fusion import fuse, rank_weights, weights
from streams.pipeline.policy import screen
from streams.pipeline.policy.caught_up import silence_past
from streams.pipeline.policy.personalisation import impersonal
from streams.pipeline.publish import Decided, Resources, decision_ids, publish, retract
from streams.pipeline.trigger import retractions, speaking
from streams.settings import Settings
from streams.state.store import Effects, Store, Work
from streams.state.sweep import PACE, Pace


class Observer(Protocol):
    """Sees what the path accepted and considered: training takes its samples here."""

    def accepted(self, batch: EventBatch) -> None:
        """A batch after deduplication."""

    def considered(self, due: DueUsers, candidates: CandidateSet) -> None:
        """A wave's users and candidates with features and scores."""


@dataclass(slots=True)
class Pipeline:
    """Everything a decision depends on besides the records and the state."""

    settings: Settings
    vault: Vault
    knowledge: Knowledge = field(default_factory=Knowledge)
    bundle: Bundle | None = None
    observer: Observer | None = None
    slice_timers: int = SLICE_TIMERS
    """Users whose timers fire in one unit of commit, at the most."""
    pace: Pace = PACE
    """How often a partition looks for texts to drop, and at how much of its rows."""

    @property
    def tables(self) -> ItemTables:
        """The item lists: those of a training under way, else the bundle's."""
        if self.knowledge.tables is not None:
            return self.knowledge.tables
        return NO_TABLES if self.bundle is None else self.bundle.tables

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        """Decide a batch, or the first part of it: ``left`` of the effects says how much is left.

        Reads ``store``, changes nothing: the caller commits the effects, then asks for the rest.

        Raises:
            ForeignStateError: the partition's state was made with another secret.
        """
        return self.process_all([Work(partition, store, records)])[0]

    def process_whole(
        self, partition: int, store: Store, records: list[SourceRecord]
    ) -> Iterator[Effects]:
        """Yield the units of commit of a batch; each is to be in ``store`` before the next."""
        while records:
            effects = self.process(partition, store, records)
            records = records[len(records) - effects.left :]
            yield effects

    def process_all(self, work: Sequence[Work]) -> list[Effects]:
        """Decide batches of different partitions together; the effects are those of each alone.

        What makes the path raise is set aside (`streams.pipeline.containment`).

        Raises:
            ForeignStateError: a partition's state was made with another secret.
            UndecidedError: nothing may be set aside; try again later.
        """
        return contained(self.decide, work, self.settings.most_set_aside_percent)

    def decide(self, work: Sequence[Work], verdicts: Verdicts, seen: Seen) -> list[Effects]:
        """Decide batches of different partitions together, without what ``verdicts`` set aside.

        Raises:
            Exception: whatever a record, a user, an item or a fault of ours brings about.
        """
        secret, prefix = self.vault.fingerprint, self.settings.topic_prefix
        sessions = [
            Session(store, partition, secret, prefix, self.pace) for partition, store, _ in work
        ]
        for session in sessions:
            session.set_aside(verdicts.users)
            for number in verdicts.epochs:
                session.leave(number, self.knowledge.before(number))
        most = self.slice_timers
        portions = [
            self._first_portion(session, each.records, verdicts)
            for session, each in zip(sessions, work, strict=True)
        ]
        cut = turns(sessions, portions, self.knowledge, self.settings, self.vault, verdicts, most)
        try:
            for turn, epoch in cut:
                # accept: a turn has read, checked and classified its records
                shared = Shared(epoch, self.knowledge.catalogue, self.tables)
                self._decide(turn, shared, verdicts, seen)
        finally:
            seen.epochs += [session.marker.epoch for session in sessions]
        left = [len(w.records) - len(p.records) for w, p in zip(work, portions, strict=True)]
        return [session.effects(n) for session, n in zip(sessions, left, strict=True)]

    def _first_portion(
        self, session: Session, records: list[SourceRecord], verdicts: Verdicts
    ) -> Portion:
        """Return what of a batch is decided first; a command that begins it is obeyed."""
        prefix = self.settings.topic_prefix
        dead = dead_of(session, verdicts, self.settings, self.vault)
        records = until_told(records, prefix)
        portion = first_portion(session, records, self.slice_timers, dead)
        if portion.records:
            obey(session, portion.records[0], dead, self.knowledge, self.vault, prefix)
        return portion

    def _decide(self, turn: Turn, shared: Shared, verdicts: Verdicts, seen: Seen) -> None:
        """Apply a turn wave by wave; decide for the users who are due after each."""
        settings = self.settings
        state = turn.gather(seen)
        if settings.publish == "live":
            forget_shadow(state)
        batch = deduplicate(turn.batch(), state, settings)
        if self.observer:
            self.observer.accepted(batch)
        resources = resources_of(turn, shared, self.knowledge, self.vault, self.bundle, settings)

        for wave in waves(turn, batch, state, settings):  # trigger: plan where each user stops
            wave.apply(settings)  # aggregate
            due = wave.due(settings)  # trigger: who of those that stopped is due
            seen.due += due.state.keys
            broken, due = apart(due, verdicts.silenced)
            if broken is not None:
                bare = undecided(broken, verdicts, settings)
                wave.publish(broken, publish(bare, settings, resources))
            asking, due = retractions(due)
            if asking is not None:
                wave.retract(asking, retract(asking, settings, resources, shared.catalogue))
                wave.refresh(due)
            if not len(due):
                continue

            past = turn.past(due.pos, due.due_ms >= 0)
            decided = self._decided(due, past, shared, resources, verdicts, seen)
            wave.publish(due, publish(decided, settings, resources))

        turn.close(batch)

    def _decided(
        self,
        due: DueUsers,
        past: NDArray[np.bool_],
        shared: Shared,
        resources: Resources,
        verdicts: Verdicts,
        seen: Seen,
    ) -> Decided:
        """Choose what each user is told, if the policy lets them be told anything."""
        settings, bundle = self.settings, self.bundle
        view, silenced = screen(due, settings, resources.texts, shared.activity())
        silenced = silence_past(due, past, silenced)
        rows = speaking(due, silenced)
        spoken = due.take(rows)
        scored, candidates = self._considered(spoken, shared, resources, verdicts, seen)
        candidates = replace(candidates, due=rows[candidates.due])
        ids = decision_ids(due, settings)
        chosen, declined, stops = allocate(due, candidates, view, settings, ids, silenced)
        fused_with, ranked = weights(bundle, shared, settings), rank_weights(bundle, settings)
        stopped = [*silenced, *declined]
        return Decided(
            due, ids, view, rows, scored, candidates, chosen, stopped, stops, fused_with, ranked
        )

    def _considered(
        self, due: DueUsers, shared: Shared, resources: Resources, verdicts: Verdicts, seen: Seen
    ) -> tuple[DueUsers, CandidateSet]:
        """Find what each user might be told, and rank it; a rule that forbids reads each row as it is."""
        settings, bundle = self.settings, self.bundle
        if not len(due):
            return due, CandidateSet.none()
        asked = impersonal(due)
        candidates = gather(asked, shared, settings)
        candidates = known_items(candidates, asked, shared, settings)
        candidates = sold_here(candidates, due, shared, settings, resources.texts)
        seen.items.append(candidates.item)
        candidates = without_items(candidates, verdicts)
        due, candidates = score(asked, candidates, bundle, shared, settings, resources.texts)
        candidates = fuse(candidates, bundle, shared, settings)
        candidates = diversify(due, candidates, shared, settings)
        if self.observer:
            self.observer.considered(due, candidates)
        return due, candidates
