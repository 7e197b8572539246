"""What a source is, what it proposes, and the rules that every proposal passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.tables import DueUsers
from streams.knowledge.shared import Shared
from streams.pipeline.candidates.history import Seeds, Touches, bought, touches
from streams.settings import Settings
from streams.shared.arrays import PairSet, by_pair, by_score, places, runs


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

    def and_also(self, other: Proposals) -> Proposals:
        """Both; a pair may be in them twice (`best` keeps the better)."""
        if not len(self) or not len(other):
            return self if len(self) else other
        names = ("due", "item", "category", "score")
        columns = ((getattr(self, name), getattr(other, name)) for name in names)
        return Proposals(*(np.concatenate(pair) for pair in columns))

    def take(self, rows: NDArray[Any]) -> Proposals:
        """The chosen pairs (indices or mask)."""
        return Proposals(self.due[rows], self.item[rows], self.category[rows], self.score[rows])


@dataclass(slots=True)
class View:
    """What the sources read, worked out once for all of them."""

    due: DueUsers
    shared: Shared
    settings: Settings
    touches: Touches
    owned: PairSet
    recent: Seeds | None = None
    """Filled by the first source that asks (`streams.pipeline.candidates.similar.recent`)."""

    @classmethod
    def of(cls, due: DueUsers, shared: Shared, settings: Settings) -> View:
        """Look at the due users' kept events."""
        return cls(due, shared, settings, touches(due), bought(due))

    @property
    def longest(self) -> int:
        """How long a common list must be, so that none comes short for what a user owns."""
        return self.settings.candidates_per_source + self.owned.most()


@dataclass(slots=True, frozen=True)
class Source:
    """One place candidates come from.

    ``name`` goes into decisions, ``reason_code`` into recommendations; ``raw`` gives scored
    pairs, allowed or not; a ``cold`` source has some for a user of whom nothing is known, an
    ``owned`` one is for what the user owns.
    """

    name: str
    reason_code: str
    raw: Callable[[View], Proposals]
    cold: bool = False
    owned: bool = False

    def propose(self, due: DueUsers, shared: Shared, settings: Settings) -> Proposals:
        """Return the best allowed proposals, sorted by (due, highest score, item).

        Never more than ``candidates_per_source`` a user, never an item twice, nothing the user
        owns (unless the source is for that), nothing that the catalogue knows as sold out or withdrawn.
        """
        view = View.of(due, shared, settings)
        return best([self.raw(view)], view, np.array([self.owned]))[1]


def best(
    raw: list[Proposals], view: View, may_own: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], Proposals]:
    """Keep what may be proposed: of each source and user the ``candidates_per_source`` best pairs.

    ``may_own``: bool[sources], whose proposals may be what the user owns.

    Returns the index of the source of each pair, and the pairs, sorted by source first.
    """
    users = max(len(view.due), 1)
    lanes = [proposals.due + source * users for source, proposals in enumerate(raw)]
    every = Proposals(
        np.concatenate(lanes),
        np.concatenate([proposals.item for proposals in raw]),
        np.concatenate([proposals.category for proposals in raw]),
        np.concatenate([proposals.score for proposals in raw]),
    )
    every = _distinct(every.take(every.item != NO_ID))
    row = every.due % users
    category, gone = view.shared.catalogue.offers(every.item, view.due.reached_ms[row])
    owned = view.owned.contains(row, every.item) & ~may_own[every.due // users]
    every.category = np.where(category != NO_ID, category, every.category)
    every = every.take((~owned & ~gone).nonzero()[0])
    every = every.take(by_score(every.due, every.score))
    every = every.take(places(every.due) < view.settings.candidates_per_source)
    source, every.due = np.divmod(every.due, users)
    return source, every


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
