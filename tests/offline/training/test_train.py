"""Samples are point in time, labels come strictly later, and the bundle that follows serves."""

from __future__ import annotations

from itertools import islice

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from support.records import Log, at

from models.bundle import Bundle
from models.sendtime import NOTHING_KNOWN
from schemas.globals import Epoch
from streams.learner.start import Start
from streams.offline.sources import open_source
from streams.offline.training.demand_and_activity import learn_when
from streams.offline.training.recorder import Recorder
from streams.offline.training.train import collect, train
from streams.pipeline.accept import Vault
from streams.settings import load_settings

MINUTE_MS = 60_000
T0_MS = at("2026-03-20T10:00:00+00:00")
VAULT = Vault(b"training", "default")


def conf(**more):
    return load_settings({}, partitions=1, **more)


def views(minutes, item="kettle", skew_min=0):
    log = Log()
    for minute in minutes:
        ts_ms = T0_MS + (minute + skew_min) * MINUTE_MS
        log.click("anna", "view", item, ts_ms)
    return log.records


def test_an_engagement_after_the_decision_is_the_label():
    data, _ = collect(views([0, 1, 2, 30, 2_000]), conf(), VAULT)
    kettle = data.engaged
    assert len(data) == 1
    assert data.acted.tolist() == [True]
    assert kettle.any()


def test_the_trigger_itself_is_no_label():
    data, _ = collect(views([0, 1, 2, 2_000]), conf(), VAULT)
    assert data.acted.tolist() == [False]
    assert not data.engaged.any()


def test_a_clock_that_runs_ahead_is_no_label_either():
    ahead = [
        replace(r, timestamp_ms=r.timestamp_ms - 5 * MINUTE_MS)
        for r in views([0, 1, 2], skew_min=5)
    ]
    other = Log()
    other.click("bob", "view", "kettle", T0_MS + 2_000 * MINUTE_MS, event_id="late")
    last = replace(other.records[0], offset=9)
    data, _ = collect([*ahead, last], conf(), VAULT)
    assert data.acted.tolist() == [False]


def test_a_decision_whose_horizon_has_not_passed_is_left_out():
    data, _ = collect(views([0, 1, 2, 30]), conf(), VAULT)
    assert len(data) == 0


def test_samples_are_taken_in_quiet_hours_and_without_consent_too():
    data, _ = collect(views([0, 1, 2, 2_000]), conf(quiet_start="00:00", quiet_end="23:59"), VAULT)
    assert len(data) == 1


def test_events_that_undo_are_no_engagement():
    recorder = Recorder()
    log = Log()
    log.click("anna", "remove_cart", "kettle", T0_MS)
    collect(log.records, conf(), VAULT)
    assert recorder.label(1, T0_MS).acted.tolist() == []


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    log = islice(open_source("deskdrop", "examples/data/deskdrop.parquet"), 9_000)
    out = tmp_path_factory.mktemp("trained") / "bundle"
    train(log, out, load_settings({}, epoch_ms=86_400_000), VAULT)
    return Bundle.load(out)


@pytest.mark.slow
def test_a_trained_bundle_has_every_graph_and_the_newest_epoch(bundle):
    assert set(bundle.sessions) == {
        "scene", "temporal_user", "temporal_item", "context_user", "context_item", "rank_item",
    }  # fmt: skip
    assert bundle.epoch


@pytest.mark.slow
def test_a_trained_bundle_reports_what_it_measured_out_of_time(bundle):
    pair = bundle.manifest.metrics["pair"]["fused"]
    assert pair["log_loss"] < pair["log_loss_base"]
    assert bundle.manifest.metrics["pair"].keys() >= {"rank", "experts"}
    ranked = bundle.manifest.metrics["ranking"]
    assert ranked["fused"]["decisions"] == ranked["source_score"]["decisions"] > 0
    assert all(
        g.parity is None or g.parity.max_abs_diff <= 1e-6 for g in bundle.manifest.graphs.values()
    )


@pytest.mark.slow
def test_training_twice_gives_the_same_bundle(bundle, tmp_path):
    log = islice(open_source("deskdrop", "examples/data/deskdrop.parquet"), 9_000)
    train(log, tmp_path / "again", load_settings({}, epoch_ms=86_400_000), VAULT)
    assert Bundle.load(tmp_path / "again").sha256 == bundle.sha256
    assert np.isfinite(bundle.manifest.fusion["pair"].lambda_t)


@pytest.mark.slow
def test_a_trained_bundle_knows_how_demand_is_forecast_and_when_users_are_active(bundle):
    start = Start.of(bundle)
    assert 0 in start.plan.steps["hour"].picks, "the total has a pick of its own"
    average = start.activity.average()
    assert average.sum() == pytest.approx(1)
    assert average.max() > 2 * average.min()
    assert start.activity is not NOTHING_KNOWN


def test_a_history_of_nothing_teaches_nothing_of_time():
    when = learn_when(Recorder(), "UTC")
    assert (when.plan, when.activity) == (None, None)
    epoch = msgspec.msgpack.encode(Epoch(number=1, holds_from_ms=0))
    assert when.into(epoch, without_items=False) == epoch
