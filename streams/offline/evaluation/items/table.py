"""What the product's sources propose at moments, with their scores and the pair features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features import own_items
from models.features.contract import pair_rows
from models.features.pairs import Around, pair_view
from schemas.tables import DueUsers
from streams.knowledge.shared import Shared
from streams.offline.evaluation.items.moments import ItemLog, Moments, walk
from streams.pipeline.candidates import SOURCES
from streams.pipeline.candidates.gather import OWNED
from streams.pipeline.candidates.proposals import View, best
from streams.settings import Settings
from streams.shared.arrays import by_pair, runs

Floats = NDArray[np.float32]
BATCH = 512


@dataclass(slots=True)
class Table:
    """A row a (moment, item), sorted by moment; ``scores``: float32[rows, sources], 0 none."""

    query: NDArray[np.int64]
    item: NDArray[np.uint64]
    category: NDArray[np.uint64]
    scores: Floats
    features: Floats

    def __len__(self) -> int:
        """Pairs."""
        return len(self.query)

    def part(self, first: int, stop: int) -> Table:
        """The pairs of moments ``[first, stop)``, which become the moments from 0."""
        rows = slice(*np.searchsorted(self.query, (first, stop)))
        return Table(
            self.query[rows] - first, self.item[rows], self.category[rows], self.scores[rows],
            self.features[rows],
        )  # fmt: skip


def proposals(
    log: ItemLog,
    moments: Moments,
    settings: Settings,
    progress: Callable[[int, int], None] | None = None,
    learnt_until_ms: int | None = None,
) -> Table:
    """Return what the sources propose at all moments; see `walk` for ``learnt_until_ms``."""
    parts: list[Table] = []
    done = 0
    for rows, due, shared in walk(log, moments, settings, learnt_until_ms):
        for first in range(0, len(rows), BATCH):
            chosen = np.arange(first, min(first + BATCH, len(rows)))
            part = table_of(due.take(chosen), shared, settings)
            part.query = rows[chosen][part.query]
            parts.append(part)
        done += len(rows)
        if progress:
            progress(done, len(moments))
    names = ("query", "item", "category", "scores", "features")
    every = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    order = np.argsort(every[0], kind="stable")
    return Table(*(column[order] for column in every))


def table_of(due: DueUsers, shared: Shared, settings: Settings) -> Table:
    """Return the union of the sources' proposals for one batch, with pair features and `own_items`."""
    view = View.of(due, shared, settings)
    source, every = best([each.raw(view) for each in SOURCES], view, OWNED)
    order = by_pair(every.due, every.item)
    source, every = source[order], every.take(order)
    starts = runs(every.due, every.item)
    pair = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(every)))
    scores = np.zeros((len(starts), len(SOURCES)), np.float32)
    scores[pair, source] = every.score
    users, item = every.due[starts], every.item[starts]
    category = np.maximum.reduceat(every.category, starts) if len(starts) else every.category
    merged = (1 - np.prod(1 - scores.astype(np.float64), axis=1)).astype(np.float32)
    attributes = shared.catalogue.attributes(item, due.reached_ms[users])
    pairs = pair_view(
        due.state,
        users,
        item,
        category,
        attributes,
        shared.facts_of,
        merged,
        due.now_ms,
        Around.unknown(len(due)),
    )
    told = (pair_rows(pairs), own_items.compute(pairs))
    return Table(users, item, category, scores, np.concatenate(told, axis=1, dtype=np.float32))
