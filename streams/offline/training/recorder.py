"""What a replay shows to training: what was considered, and what users did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.dataset import ENGAGEMENT, Dataset, SampleLog
from schemas.tables import CandidateSet, DueUsers, EventBatch
from schemas.vocabulary import DEEDS, EventType, among
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.description import described

_NO_ENGAGEMENT = (EventType.REMOVE_CART, EventType.RETURN, EventType.CANCEL)
_ENGAGES = tuple(kind for kind in DEEDS if kind not in _NO_ENGAGEMENT)
"""Events that count as "engages with this item" in the label."""


@dataclass(slots=True)
class Recorder:
    """Watches a replay: what was considered, and what users did."""

    samples: SampleLog = field(default_factory=SampleLog)
    engagements: list[NDArray[Any]] = field(default_factory=list)
    categories: list[NDArray[np.uint64]] = field(default_factory=list)
    catalogue: Catalogue = field(default_factory=Catalogue)

    def accepted(self, batch: EventBatch) -> None:
        """Note what users did."""
        facts = batch.facts[among(batch.facts["type"], _ENGAGES)]
        if len(facts):
            rows = np.zeros(len(facts), ENGAGEMENT)
            rows["user"] = np.frombuffer(b"".join(batch.keys), "V16")[facts["user"]]
            rows["item"] = facts["item"]
            # A clock that runs ahead must not make an event its own trigger's future.
            rows["ts_ms"] = np.minimum(facts["ts_ms"], batch.stream_ms[facts["pos"]])
            self.engagements.append(rows)
            self.categories.append(facts["category"])

    def considered(self, due: DueUsers, candidates: CandidateSet) -> None:
        """Note what could have been pushed, with its features."""
        self.samples.observe(due, candidates)

    def done(self) -> NDArray[Any]:
        """Return what users did: `ENGAGEMENT` rows."""
        return np.concatenate([np.zeros(0, ENGAGEMENT), *self.engagements])

    def tables(self) -> dict[str, bytes]:
        """Return the files of item tables fitted on what users did so far."""
        from models.train.tables import item_tables  # not in a serving installation

        return item_tables(self.done(), described(self.catalogue))

    def label(self, horizon_ms: int, until_ms: int) -> Dataset:
        """Return the labelled samples whose horizon has passed."""
        return self.samples.label(self.done(), horizon_ms, until_ms)
