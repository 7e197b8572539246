"""From raw records to stored facts and features, without a pipeline: accept, deduplicate, aggregate, read."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
from support.made_up import attributes_of
from support.records import Log, at

from models.features import CONTRACT, pair_features, user_features, user_steps
from models.features.pairs import Around, nothing_told
from schemas.ids import hash64
from schemas.state import NEVER_MS
from streams.pipeline.accept import NO_REFUSALS, Vault, accept, deduplicate
from streams.pipeline.aggregate import aggregate, facts_length, pack_rows, unpack_rows
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.experts.zones import zones_of
from streams.settings import load_settings

SETTINGS = load_settings({}, default_timezone="UTC")
VAULT = Vault(b"event time", "default")
USERS, ITEMS = ("anna", "bob"), ("kettle", "lamp", "rug")


class Facts:
    """What is kept of two users after some records, however they were cut."""

    def __init__(self, records, cuts=()) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.names: dict[int, str] = {}
        self.ends: Counter[str] = Counter()
        self.stream_ms = NEVER_MS
        edges = sorted({0, *(min(cut, len(records)) for cut in cuts), len(records)})
        for start, stop in pairwise(edges):
            self._absorb(records[start:stop])

    def _absorb(self, records) -> None:
        batch = accept(records, self.stream_ms, SETTINGS, VAULT, NO_REFUSALS)
        self.ends.update(letter.reason for letter in batch.dead)
        self.stream_ms = int(batch.stream_ms[-1])
        self.names |= batch.names
        state = unpack_rows(batch.keys, [self.rows.get(key) for key in batch.keys])
        offered = len(batch.events)
        batch = deduplicate(batch, state, SETTINGS)
        self.ends["accepted"] += len(batch.events)
        self.ends["late"] += len(batch.late)
        self.ends["duplicate"] += offered - len(batch.events) - len(batch.late)
        wave = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.timeline)
        aggregate(state, wave, SETTINGS)
        self.rows |= dict(zip(batch.keys, pack_rows(state), strict=True))

    def bytes(self) -> dict[bytes, bytes]:
        return {key: row[: facts_length(row)] for key, row in sorted(self.rows.items())}

    def read(self, now_ms: int):
        """(keys, user features, those of every user with every item, steps) at ``now_ms``."""
        keys = sorted(self.rows)
        state = unpack_rows(keys, [self.rows[key] for key in keys])
        now = np.full(len(keys), now_ms)
        zones = zones_of(state, self.names.get, SETTINGS.default_timezone)
        due = np.repeat(np.arange(len(keys)), len(ITEMS))
        item = np.tile(np.array([hash64(name) for name in ITEMS], np.uint64), len(keys))
        category = np.tile(np.array([hash64(f"of {name}") for name in ITEMS], np.uint64), len(keys))
        told = attributes_of(np.zeros(len(due), np.uint64))
        score = np.zeros(len(due), np.float32)
        pairs = pair_features(
            state, due, item, category, told, score, now, nothing_told, Around.unknown(len(state))
        )
        return keys, user_features(state, now, zones), pairs, user_steps(state, now, zones)

    def of(self, user: str, now_ms: int) -> dict[str, float]:
        keys, rows, *_ = self.read(now_ms)
        row = rows[keys.index(key_of(user))].tolist()
        return dict(zip(CONTRACT.user, row, strict=True))


def key_of(user: str) -> bytes:
    (key,) = Facts([Log().click(user, "view", "kettle", at("2026-01-01T00:00:00+00:00"))]).rows
    return key
