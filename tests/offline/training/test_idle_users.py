"""Idle moments: ordinary users at no particular time, known as of that time."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace
from support.records import Log, at

from models.features import CONTRACT
from streams.offline.training import idle_users as idle
from streams.offline.training.train import collect
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
HOUR_MS = 3_600_000
SETTINGS = load_settings({}, epoch_ms=HOUR_MS, partitions=1)
VAULT = Vault(b"idle", SETTINGS.tenant)


def store_of(users):
    log, store = Log(), MemoryStore()
    for i in range(users):
        log.click(f"user{i}", "view", "kettle", T0_MS)
    store.apply(Pipeline(SETTINGS, VAULT).process(0, store, log.records).rows)
    return store


def sampled(store, turn):
    due, pairs = idle.idle_moments(store, T0_MS + turn * HOUR_MS, SETTINGS)
    assert len(pairs) == 0
    assert due.features.shape == (len(due), len(CONTRACT.user))
    return due.state.keys


def test_everybody_has_their_turn_and_only_once_a_round():
    store = store_of(200)
    seen = [key for turn in range(idle.SHARE) for key in sampled(store, turn)]
    assert len(seen) == len(set(seen)) == 200


def test_features_grow_old_with_the_moment(monkeypatch):
    monkeypatch.setattr(idle, "SHARE", 1)
    store = store_of(1)
    early, late = (
        idle.idle_moments(store, T0_MS + hours * HOUR_MS, SETTINGS)[0].features for hours in (1, 50)
    )
    recency = CONTRACT.user.index("hours_since_view")
    assert early[0, recency] < late[0, recency]


def test_training_sees_users_who_trigger_nothing(monkeypatch):
    monkeypatch.setattr(idle, "SHARE", 1)
    log = Log()
    log.click("anna", "view", "kettle", T0_MS)
    log.click("bert", "view", "kettle", T0_MS + 40 * HOUR_MS)
    data, _ = collect(log.records, replace(SETTINGS, consent_default="granted"), VAULT)
    assert len(data) > 0
    assert not data.acted.any()
    assert len(data.due) == 0
    assert np.isfinite(data.user[:, CONTRACT.user.index("any_30d")]).all()
