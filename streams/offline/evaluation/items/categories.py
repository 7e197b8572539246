"""From which category the next purchase of a day is: the same question with categories as items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluate.items.candidates import Candidates
from models.evaluate.items.task import Queries, Task
from models.features import own_items
from models.features.calendar import HOUR_MS
from models.features.pairs import Around, nothing_told, pair_view
from models.items import Histories, Training
from schemas.ids import NO_ID
from schemas.tables import ITEM_ATTRIBUTES
from schemas.vocabulary import EventType
from streams.offline.evaluation.items.moments import TEST_FROM, ItemLog, Moments, due_users
from streams.offline.evaluation.items.table import BATCH
from streams.offline.evaluation.items.tasks import Asked
from streams.pipeline.candidates.history import WEIGHTS
from streams.settings import Settings
from streams.shared.arrays import runs, sums

HALF_LIVES_H = (6, 24, 96)
POPULAR = 50
"""Categories bought most before the moment that are proposed to everybody."""
NAMES = (*(f"own_category_{half}h" for half in HALF_LIVES_H), "own_category_count", "popularity")
_WEIGHT = np.array([WEIGHTS.get(kind, 0.0) for kind in EventType])


def ask_category(
    choosing: tuple[ItemLog, Moments], testing: tuple[ItemLog, Moments], settings: Settings
) -> Iterator[Asked]:
    """Yield the task over the categories of what was bought, if the log has categories.

    A category is proposed for what the user did in it before, or for what others bought before.
    """
    log, other = choosing[0], testing[0]
    if not (log.facts["category"] != NO_ID).any():
        return
    names = np.unique(np.concatenate((log.facts["category"], other.facts["category"])))
    validation, proposed = _part(*choosing, names, settings)
    test, tested = _part(*testing, names, settings)
    training = Training(_until(log, log.day_ms(TEST_FROM), names), len(names))
    about = "The category of what a user buys within a day, asked as the day begins."
    task = Task("category", training, validation, training, test, True, about, 60)
    yield Asked(task, proposed, tested, NAMES)


def _part(
    log: ItemLog, moments: Moments, names: NDArray[np.uint64], settings: Settings
) -> tuple[Queries, Candidates]:
    category = np.searchsorted(names, log.facts["category"])
    of_item = dict(zip(log.facts["item"].tolist(), category.tolist(), strict=True))
    wanted = np.array([of_item[item] for item in moments.wanted_item.tolist()], np.int64)
    pairs = np.unique(np.stack((moments.wanted_row, wanted), axis=1), axis=0)
    stop = log.before(moments.user, moments.now_ms)
    every = Histories(log.starts, category.astype(np.int32), log.facts["ts_ms"])
    seen = every.slices(np.maximum(log.starts[moments.user], stop - 50), stop)
    queries = Queries(seen, pairs[:, 0], pairs[:, 1], moments.user)
    table = _table(log, moments, category, len(names))
    habits = _habits(log, moments, table, names, settings)
    return queries, table.with_more(habits)


def _habits(
    log: ItemLog, moments: Moments, table: Candidates, names: NDArray[np.uint64], settings: Settings
) -> NDArray[np.float32]:
    """Return `own_items` of pairs whose items are categories."""
    parts = [np.zeros((0, len(own_items.NAMES)))]
    for first in range(0, len(moments), BATCH):
        batch = slice(first, min(first + BATCH, len(moments)))
        pairs = slice(*np.searchsorted(table.query, (batch.start, batch.stop)))
        users, category = table.query[pairs] - first, names[table.item[pairs]]
        due = due_users(log, moments.user[batch], moments.now_ms[batch], settings)
        due.state.events.data["item"] = due.state.events.data["category"]
        nothing = np.zeros(len(users), ITEM_ATTRIBUTES)
        score = np.zeros(len(users), np.float32)
        parts.append(own_items.compute(pair_view(
            due.state, users, category, category, nothing, nothing_told, score, due.now_ms,
            Around.unknown(len(due)),
        )))  # fmt: skip
    return np.concatenate(parts, dtype=np.float32)


def _until(log: ItemLog, until_ms: int, names: NDArray[np.uint64]) -> Histories:
    users = np.arange(len(log.keys))
    stop = log.before(users, np.full(len(users), until_ms))
    category = np.searchsorted(names, log.facts["category"]).astype(np.int32)
    return Histories(log.starts, category, log.facts["ts_ms"]).slices(log.starts[:-1], stop)


@dataclass(slots=True)
class _Acts:
    """What the users of moments did before them: a row an act, sorted by (moment, category)."""

    query: NDArray[np.int64]
    category: NDArray[np.int64]
    kind: NDArray[np.int64]
    age_h: NDArray[np.float64]


def _acts(log: ItemLog, moments: Moments, category: NDArray[np.int64]) -> _Acts:
    stop, first = log.before(moments.user, moments.now_ms), log.starts[moments.user]
    lengths = stop - first
    query = np.repeat(np.arange(len(moments)), lengths)
    index = np.arange(lengths.sum()) + np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
    order = np.lexsort((category[index], query))
    index, query = index[order], query[order]
    age_h = (moments.now_ms[query] - log.facts["ts_ms"][index]) / HOUR_MS
    return _Acts(query, category[index], log.facts["type"][index].astype(np.int64), age_h)


def _table(log: ItemLog, moments: Moments, category: NDArray[np.int64], names: int) -> Candidates:
    acts = _acts(log, moments, category)
    starts = runs(acts.query, acts.category)
    weight = _WEIGHT[acts.kind]
    own = [sums(starts, weight * np.exp2(-acts.age_h / half)) for half in HALF_LIVES_H]
    own.append(np.log1p(sums(starts, np.ones(len(acts.query)))))
    more = [np.minimum.reduceat(acts.age_h, starts), np.maximum.reduceat(acts.age_h, starts)]
    for kinds in ((EventType.VIEW,), (EventType.CART,), (EventType.FAV,), (EventType.PURCHASE,)):
        is_kind = np.isin(acts.kind, kinds)
        more.append(sums(starts, is_kind.astype(np.float64)))
        more.append(np.minimum.reduceat(np.where(is_kind, acts.age_h, 1e4), starts))
    mine = _Columns(acts.query[starts], acts.category[starts], np.stack(own, 1), np.stack(more, 1))
    return mine.with_popular(_bought(log, moments, category, names), len(moments))


@dataclass(slots=True)
class _Columns:
    query: NDArray[np.int64]
    category: NDArray[np.int64]
    own: NDArray[np.float64]
    more: NDArray[np.float64]

    def with_popular(self, bought: NDArray[np.float64], moments: int) -> Candidates:
        """Join the categories most ``bought`` (float64[moments, categories]) before each moment."""
        top = np.argsort(-bought, axis=1, kind="stable")[:, :POPULAR]
        query = np.concatenate((self.query, np.repeat(np.arange(moments), top.shape[1])))
        category = np.concatenate((self.category, top.ravel()))
        nothing = np.zeros(top.size)
        own = np.concatenate((self.own, np.tile(nothing[:, None], self.own.shape[1])))
        more = np.concatenate((self.more, np.tile(nothing[:, None] - 1, self.more.shape[1])))
        order = np.lexsort((category, query))  # stable: the user's own row comes first
        query, category = query[order], category[order]
        first = runs(query, category)
        rows = order[first]
        popular = bought[query[first], category[first]]
        score = np.column_stack((own[rows], popular)).astype(np.float32)
        return Candidates(query[first], category[first], score, more[rows].astype(np.float32))


def _bought(
    log: ItemLog, moments: Moments, category: NDArray[np.int64], names: int
) -> NDArray[Any]:
    """Return how often each category was bought before each moment: float32[moments, names]."""
    orders = np.flatnonzero(log.facts["type"] == EventType.PURCHASE)
    found = np.zeros((len(moments), names), np.float32)
    for now_ms in np.unique(moments.now_ms).tolist():
        past = orders[log.facts["ts_ms"][orders] < now_ms]
        found[moments.now_ms == now_ms] = np.bincount(category[past], minlength=found.shape[1])
    return found
