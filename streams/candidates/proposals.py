"""What a source is, what it proposes, and the rules that every proposal passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.tables import DueUsers
from streams.candidates.history import bought
from streams.groups import by_pair, by_score, places, runs
from streams.settings import Settings
from streams.shared import Shared


@dataclass(slots=True)
class Proposals:
    """Pairs of a row in `DueUsers` and an item; ``category`` 0: not known; score in [0, 1]."""

    due: NDArray[np.int64]
    item: NDArray[np.uint64]
    category: NDArray[np.uint64]
    score: NDArray[np.float32]

    @classmethod
    def none(cls) -> Proposals:
        """Nothing proposed."""
        return cls(
            np.zeros(0, np.int64),
            np.zeros(0, np.uint64),
            np.zeros(0, np.uint64),
            np.zeros(0, np.float32),
        )

    @classmethod
    def of(
        cls,
        due: NDArray[np.int64],
        item: NDArray[np.uint64],
        score: NDArray[Any],
        category: NDArray[np.uint64] | None = None,
    ) -> Proposals:
        """Proposals from columns; without ``category`` it is looked up later."""
        category = np.zeros(len(due), np.uint64) if category is None else category
        return cls(due, item, category, score.astype(np.float32))

    def __len__(self) -> int:
        """Pairs."""
        return len(self.due)

    def take(self, rows: NDArray[Any]) -> Proposals:
        """The chosen pairs (indices or mask)."""
        return Proposals(self.due[rows], self.item[rows], self.category[rows], self.score[rows])


Propose = Callable[[DueUsers, Shared, Settings], Proposals]


@dataclass(slots=True, frozen=True)
class Source:
    """One place candidates come from.

    ``name`` goes into decisions, ``reason_code`` into recommendations; a ``cold`` source has
    proposals for a user of whom nothing is known.
    """

    name: str
    reason_code: str
    raw: Propose
    cold: bool = False

    def propose(self, due: DueUsers, shared: Shared, settings: Settings) -> Proposals:
        """Return the best allowed proposals, sorted by (due, highest score, item).

        Never more than ``candidates_per_source`` a user, never an item twice, nothing the user
        owns, nothing that the catalogue knows as sold out or withdrawn.
        """
        return best(self.raw(due, shared, settings), due, shared, settings)


def best(proposals: Proposals, due: DueUsers, shared: Shared, settings: Settings) -> Proposals:
    """Keep what may be proposed: each user's ``candidates_per_source`` best pairs."""
    proposals = _distinct(proposals.take(proposals.item != NO_ID))
    attributes = shared.catalogue.attributes(proposals.item)
    owned = bought(due).contains(proposals.due, proposals.item)
    allowed = ~owned & ~(attributes["stock"] <= 0)
    category = attributes["category"]
    proposals.category = np.where(category != NO_ID, category, proposals.category)
    proposals = proposals.take(allowed)
    proposals = proposals.take(by_score(proposals.due, proposals.score))
    return proposals.take(places(proposals.due) < settings.candidates_per_source)


def _distinct(proposals: Proposals) -> Proposals:
    """Sort by pair; of an item proposed twice keep the better score."""
    proposals = proposals.take(by_pair(proposals.due, proposals.item))
    starts = runs(proposals.due, proposals.item)
    if len(starts) == len(proposals):
        return proposals
    kept = proposals.take(starts)
    kept.score = np.maximum.reduceat(proposals.score, starts)
    kept.category = np.maximum.reduceat(proposals.category, starts)
    return kept
