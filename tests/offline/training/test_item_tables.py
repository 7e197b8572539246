"""A training replay has the tables that a bundle could have had by then, and nothing of later."""

from __future__ import annotations

import numpy as np
import pytest
from support.records import Log, at

import streams.offline.training.item_tables as training_tables
from models.bundle import Bundle
from models.bundle.tables import NO_LISTS
from schemas.ids import hash64
from schemas.vocabulary import CANDIDATE_SOURCES
from streams.offline.replay import replay
from streams.offline.training.item_tables import TablesSoFar
from streams.offline.training.train import record, train
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T0_MS = at("2026-03-20T10:00:00+00:00")
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
VAULT = Vault(b"tables", "default")
SETTINGS = load_settings({}, partitions=1, repeat_item_views=2)
FIT_BY_H, LAST_H = 10, 20


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(training_tables, "FEWEST", 30)


def log_of(later="lamp", hours=LAST_H):
    """Each hour some go from the kettle to the teapot (after `FIT_BY_H` to ``later``), one asks."""
    log = Log()
    log.catalogue(["kettle", "teapot", "lamp"], T0_MS)
    for hour in range(hours):
        start_ms = T0_MS + hour * HOUR_MS
        for n in range(4):
            for k, item in enumerate(("kettle", "teapot" if hour < FIT_BY_H else later)):
                log.click(f"u{hour}-{n}", "view", item, start_ms + (n * 2 + k) * MINUTE_MS)
        for k in range(3):
            log.click(f"asks{hour}", "view", "kettle", start_ms + (30 + k) * MINUTE_MS)
    return log.records


def replayed(later="teapot", tables=True):
    recorder, _ = record(log_of(later), SETTINGS, VAULT, tables=tables)
    return recorder.samples


def given(samples, source, item):
    """(decision's time, score) of every pair of the item that the source gave something."""
    by_source = np.concatenate(samples.by_source)[:, CANDIDATE_SOURCES.index(source)]
    now_ms = np.concatenate(samples.now_ms)[np.concatenate(samples.due)]
    mine = (np.concatenate(samples.item) == hash64(item)) & (by_source > 0)
    return list(zip(now_ms[mine].tolist(), by_source[mine].tolist(), strict=True))


@pytest.mark.slow
@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("source", ["ease", "followers", "session_neighbours"])
def test_samples_know_what_tables_of_earlier_events_say(source):
    found = given(replayed(), source, "teapot")
    assert found
    assert min(at_ms for at_ms, _ in found) > T0_MS + 2 * HOUR_MS, "the first are taken without"
    assert given(replayed(tables=False), source, "teapot") == []


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_what_users_do_later_changes_no_earlier_sample():
    changed_ms = T0_MS + FIT_BY_H * HOUR_MS
    for source in ("ease", "followers", "session_neighbours"):
        before, after = (
            [pair for pair in given(replayed(later), source, "teapot") if pair[0] < changed_ms]
            for later in ("teapot", "lamp")
        )
        assert before
        assert before == after
        assert all(at_ms >= changed_ms for at_ms, _ in given(replayed("lamp"), source, "lamp"))


def test_tables_are_fitted_anew_when_there_is_twice_as_much(few):
    fits = []
    so_far = TablesSoFar(lambda: fits.append(len(fits)) or {})
    sizes = (29, 30, 59, 60, 61, 119, 120)
    held = [so_far.at([np.zeros(size)]) for size in sizes]
    assert held[0] is None
    assert held[1]["ease"] is NO_LISTS
    assert len(fits) == 3
    assert [one is held[1] for one in held[1:3]] == [True, True]


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_the_bundle_has_the_tables_of_the_whole_log_and_serves(tmp_path):
    records = log_of(hours=40)
    train(records, tmp_path / "bundle", SETTINGS, VAULT, tables=True)
    bundle = Bundle.load(tmp_path / "bundle")
    kettle = np.array([hash64("kettle")], np.uint64)
    assert hash64("lamp") in bundle.tables["followers"].lookup(kettle, 10)[1].tolist()
    assert len(decisions_of(Pipeline(SETTINGS, VAULT, bundle=bundle), records))


def decisions_of(pipeline, records):
    found = []
    replay(records, pipeline, lambda o: found.append(o) if o.topic == "decisions" else None)
    return found
