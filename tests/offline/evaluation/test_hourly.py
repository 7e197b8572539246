"""The hourly grid is what the whole data path would have known at those hours."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from support.records import Log, at

from models.features import user_features, whereabouts
from schemas.vocabulary import EventType
from streams.offline.evaluation.hourly import HistoryError, read_history
from streams.offline.replay import replay
from streams.offline.sources import open_source
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import unpack_rows
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import USER
from streams.state.texts import Texts

ZONE = "America/Sao_Paulo"
MIDNIGHT_MS = at("2026-03-20T03:00:00+00:00")
HOUR_MS = 3_600_000


def conf(**more):
    return load_settings({}, partitions=1, default_timezone=ZONE, **more)


def shopping():
    log = Log()
    log.click("anna", "view", "kettle", MIDNIGHT_MS + 90 * 60_000)
    log.click("bob", "view", "cup", MIDNIGHT_MS + 2 * HOUR_MS)
    log.click("anna", "cart", "kettle", MIDNIGHT_MS + 50 * HOUR_MS)
    return log.records


def test_the_grid_begins_at_local_midnight_and_tests_on_the_last_third_of_the_days():
    log = read_history(shopping(), "made up", conf())
    assert (log.start_ms, log.hours, log.test_hour) == (MIDNIGHT_MS, 72, 48)
    assert log.hour.tolist() == [1, 2, 50]
    assert log.kind.tolist() == [EventType.VIEW, EventType.VIEW, EventType.CART]


def test_a_user_is_on_the_grid_from_the_hour_after_their_first_event():
    grid = read_history(shopping(), "made up", conf()).grid
    assert grid.hour[grid.user == 0].tolist() == list(range(2, 72))
    assert grid.hour[grid.user == 1].tolist() == list(range(3, 72))


def text_of(store, number):
    return Texts(store.get_many, read_marker(store)).find((number,))[number]


@pytest.mark.slow
def test_the_features_are_those_of_a_full_replay_bit_for_bit():
    settings = conf(epoch_ms=HOUR_MS)
    records = list(islice(open_source("deskdrop", "examples/data/deskdrop.parquet"), 1_500))
    seen = {}

    def look(stores, now_ms):
        keys = sorted(key[1:] for key in stores[0].rows if key.startswith(USER))
        state = unpack_rows(keys, stores[0].get_many([USER + key for key in keys]))
        where = whereabouts(state, lambda number: text_of(stores[0], number))
        rows = user_features(state, np.full(len(keys), now_ms), [ZONE] * len(keys), where)
        seen[now_ms] = sorted(row.tobytes() for row in rows)

    replay(records, Pipeline(settings, Vault(b"x", "default")), lambda _: None, at_epoch=look)
    log = read_history(records, "deskdrop", settings)
    compared = 0
    for hour in range(log.hours):
        rows = seen.get(log.start_ms + hour * HOUR_MS)
        if rows is not None:
            mine = log.grid.features[log.grid.hour == hour]
            assert sorted(row.tobytes() for row in mine) == rows
            compared += len(rows)
    assert compared > 1_000


def test_unseen_users_are_measured_on_the_same_hours():
    log = read_history(shopping(), "made up", conf())
    later = Log()
    later.click("carl", "view", "cup", MIDNIGHT_MS + 25 * HOUR_MS)
    other = read_history(later.records, "made up", conf(), like=log)
    assert (other.start_ms, other.hours, other.test_hour) == (MIDNIGHT_MS, 72, 48)


def test_a_large_grid_is_thinned_evenly(monkeypatch):
    monkeypatch.setattr("streams.offline.evaluation.hourly.MOST_MOMENTS", 500)
    log = Log()
    for user in range(100):
        log.click(f"u{user}", "view", "cup", MIDNIGHT_MS + user)
    log.click("u0", "view", "cup", MIDNIGHT_MS + 47 * HOUR_MS)
    grid = read_history(log.records, "made up", conf()).grid
    assert 350 < len(grid) < 650
    assert len(np.unique(grid.user)) > 90
    assert len(np.unique(grid.hour)) == 47


def test_an_empty_log_has_no_history():
    with pytest.raises(HistoryError, match="no event"):
        read_history([], "made up", conf())
