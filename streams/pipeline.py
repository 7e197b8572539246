"""The data path, top to bottom: one merged batch of one partition in, one unit of commit out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from models.bundle import Bundle
from models.bundle.tables import ItemTables
from schemas.tables import CandidateSet, DueUsers, EventBatch, SourceRecord
from streams.accept import Vault, accept, deduplicate
from streams.allocate import allocate
from streams.candidates import gather
from streams.experts import score
from streams.fusion import fuse, weights
from streams.knowledge.shared import NO_TABLES, Knowledge, Shared
from streams.policy import screen
from streams.publish import Decided, decision_ids, publish, publish_silence, retract
from streams.settings import Settings
from streams.store import Effects, Store
from streams.trigger import retractions, silent, speaking
from streams.wave.resources import resources_of
from streams.wave.session import Session
from streams.wave.waves import waves


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

    @property
    def tables(self) -> ItemTables:
        """The bundle's item lists."""
        return NO_TABLES if self.bundle is None else self.bundle.tables

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        """Decide a batch. Reads ``store``, changes nothing: the caller commits the effects.

        Raises:
            ForeignStateError: the partition's state was made with another secret.
        """
        session = Session(store, partition, self.vault.fingerprint, self.settings.topic_prefix)
        for part, epoch in session.by_epoch(records, self.knowledge):
            shared = Shared(epoch, self.knowledge.catalogue, self.tables)
            self._decide(session, part, shared)
        return session.effects()

    def _decide(self, session: Session, records: list[SourceRecord], shared: Shared) -> None:
        settings, bundle = self.settings, self.bundle
        batch = accept(records, session.marker.stream_ms, settings, self.vault)
        state = session.gather(batch, self.vault)
        batch = deduplicate(batch, state, settings)
        if self.observer:
            self.observer.accepted(batch)
        resources = resources_of(self, session, records, shared)
        texts = resources.texts

        for wave in waves(session, batch, state, settings):
            wave.apply(settings)
            asking, due = retractions(wave.due(settings))
            if asking is not None:
                wave.retract(asking, retract(asking, settings, resources))
            if not len(due):
                continue

            view, silenced = screen(due, settings, texts)
            if silenced:
                quiet = silent(due, view, silenced)
                wave.publish(quiet[0], publish_silence(*quiet, settings, resources))
            due, view = speaking(due, view, silenced)
            if not len(due):
                continue

            candidates = gather(due, shared, settings)
            due, candidates = score(due, candidates, bundle, shared, settings, texts)
            candidates = fuse(candidates, bundle, shared, settings)
            if self.observer:
                self.observer.considered(due, candidates)
            ids = decision_ids(due, settings)
            chosen, declined, stops = allocate(due, candidates, view, settings, ids)
            fused_with = weights(bundle, shared, settings)
            decided = Decided(due, view, candidates, chosen, declined, stops, fused_with)
            wave.publish(due, publish(decided, settings, resources))

        session.close(batch, records)
