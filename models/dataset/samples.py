"""Collect what reached the experts during a replay, then label it with what came later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.dataset.dataset import Dataset, DatasetError
from models.dataset.label import any_within, items_within
from models.features import CONTRACT, steps
from schemas.tables import CandidateSet, DueUsers
from schemas.vocabulary import CANDIDATE_SOURCES


@dataclass(slots=True)
class SampleLog:
    """Samples as they were seen, chunk by chunk; nothing in it knows the future."""

    users: list[NDArray[Any]] = field(default_factory=list)
    now_ms: list[NDArray[np.int64]] = field(default_factory=list)
    user: list[NDArray[np.float32]] = field(default_factory=list)
    steps: list[NDArray[np.float32]] = field(default_factory=list)
    due: list[NDArray[np.int64]] = field(default_factory=list)
    item: list[NDArray[np.uint64]] = field(default_factory=list)
    pair: list[NDArray[np.float32]] = field(default_factory=list)
    source_score: list[NDArray[np.float32]] = field(default_factory=list)
    by_source: list[NDArray[np.float32]] = field(default_factory=list)
    count: int = 0

    def __len__(self) -> int:
        """Decisions seen."""
        return self.count

    def observe(self, due: DueUsers, candidates: CandidateSet) -> None:
        """Keep the decisions and their pairs.

        Raises:
            DatasetError: the expert stage has not filled the features.
        """
        if due.features is None or candidates.features is None:
            raise DatasetError("samples are taken after the expert stage, not before")
        self.users.append(np.frombuffer(b"".join(due.state.keys), "V16"))
        self.now_ms.append(due.now_ms.astype(np.int64))
        self.user.append(due.features)
        if due.steps is not None:
            self.steps.append(due.steps)
        self.due.append(candidates.due + self.count)
        self.item.append(candidates.item)
        self.pair.append(candidates.features)
        self.source_score.append(candidates.source_score)
        if candidates.by_source is not None:
            self.by_source.append(candidates.by_source)
        self.count += len(due)

    def label(self, engagements: NDArray[Any], horizon_ms: int, until_ms: int) -> Dataset:
        """Return the decisions whose horizon ended by ``until_ms``, with their labels.

        ``engagements``: `ENGAGEMENT` rows in any order; what came after ``until_ms`` is not read.
        """
        data = self._joined(horizon_ms)
        past = engagements[engagements["ts_ms"] <= until_ms]
        data.acted = any_within(data.users, None, data.now_ms, past, horizon_ms)
        data.engaged = any_within(
            data.users[data.due], data.item, data.now_ms[data.due], past, horizon_ms
        )
        data.wanted = items_within(data.users, data.now_ms, past, horizon_ms)
        return _in_time_order(data.take(data.now_ms + horizon_ms <= until_ms))

    def _joined(self, horizon_ms: int) -> Dataset:
        return Dataset(
            _join(self.users, (0,), "V16"),
            _join(self.now_ms, (0,), np.int64),
            _join(self.user, (0, len(CONTRACT.user)), np.float32),
            np.zeros(self.count, np.bool_),
            _join(self.due, (0,), np.int64),
            _join(self.item, (0,), np.uint64),
            _join(self.pair, (0, len(CONTRACT.pair)), np.float32),
            _join(self.source_score, (0,), np.float32),
            np.zeros(0, np.bool_),
            horizon_ms,
            self._all_steps(),
            self._by_source(),
        )

    def _all_steps(self) -> NDArray[np.float32] | None:
        """The steps of all samples, None if some came without."""
        empty = (0, steps.STEPS, len(steps.CHANNELS))
        found = _join(self.steps, empty, np.float32)
        return found if len(found) == self.count else None

    def _by_source(self) -> NDArray[np.float32] | None:
        """What the sources gave all pairs, None if some came without."""
        found = _join(self.by_source, (0, len(CANDIDATE_SOURCES)), np.float32)
        return found if len(found) == sum(map(len, self.item)) else None


def _join(parts: list[NDArray[Any]], empty: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(empty, dtype)


def _in_time_order(data: Dataset) -> Dataset:
    """Oldest first, ties by user: replaying partition by partition must not order the samples."""
    high, low = data.users.view(">u8").reshape(-1, 2).T if len(data) else (data.now_ms,) * 2
    order = np.lexsort((low, high, data.now_ms))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    pairs = np.lexsort((data.item, place[data.due]))
    return Dataset(
        data.users[order], data.now_ms[order], data.user[order], data.acted[order],
        place[data.due][pairs], data.item[pairs], data.pair[pairs], data.source_score[pairs],
        data.engaged[pairs], data.horizon_ms, None if data.steps is None else data.steps[order],
        None if data.by_source is None else data.by_source[pairs],
        None if data.wanted is None else data.wanted[order],
    )  # fmt: skip
