"""Moments at which nothing asks for a decision: what an ordinary user looks like at any time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import CONTRACT, user_features, user_steps, whereabouts
from schemas.state import UserState
from schemas.tables import CandidateSet, DueUsers
from schemas.vocabulary import Standing
from streams.pipeline.aggregate import unpack_rows
from streams.pipeline.experts.zones import zones_of
from streams.settings import Settings
from streams.state.marker import read_marker
from streams.state.store import USER, MemoryStore
from streams.state.texts import Texts

SHARE = 64
"""One in so many users is sampled at each epoch, in turn."""


def idle_moments(
    store: MemoryStore, now_ms: int, settings: Settings
) -> tuple[DueUsers, CandidateSet]:
    """Return a partition's users of this turn with their features at ``now_ms``, and no pairs.

    Who is sampled depends on the pseudonym and the epoch, not on what the user did.
    """
    turn = now_ms // settings.epoch_ms % SHARE
    keys = sorted(key[1:] for key in store.rows if key.startswith(USER) and key[-1] % SHARE == turn)
    state = unpack_rows(keys, store.get_many([USER + key for key in keys]))
    moments = np.full(len(state), now_ms)

    texts = Texts(store.get_many, read_marker(store))

    def text(number: int) -> str | None:
        return texts.find((number,))[number]

    zones = zones_of(state, text, settings.default_timezone)
    due = _asking_nothing(state, moments)
    where = whereabouts(state, text)
    due.features = user_features(state, moments, zones, where, settings.half_lives_h)
    due.steps = user_steps(state, moments, zones)
    return due, _no_pairs()


def _asking_nothing(state: UserState, now_ms: NDArray[np.int64]) -> DueUsers:
    none = np.zeros(len(state), np.uint64)
    return DueUsers(
        state=state, kind=none.astype(np.uint8), cause=none, item=none, category=none,
        due_ms=np.full(len(state), -1), now_ms=now_ms, pos=np.zeros(len(state), np.int64),
        reached_ms=now_ms, standing=np.full(len(state), Standing.STANDS, np.uint8),
    )  # fmt: skip


def _no_pairs() -> CandidateSet:
    none = np.zeros(0)
    return CandidateSet(
        due=none.astype(np.int64), item=none.astype(np.uint64), category=none.astype(np.uint64),
        sources=none.astype(np.uint32), source_score=none.astype(np.float32),
        features=np.zeros((0, len(CONTRACT.pair)), np.float32),
    )  # fmt: skip
