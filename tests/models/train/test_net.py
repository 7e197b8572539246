"""The net is fitted beside the trees and stays in the bundle only if later decisions want it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from support.made_up import dataset_of

from models.bundle import Bundle
from models.bundle.manifest import NET
from models.bundle.odds import sigmoid
from models.dataset import Dataset, split_by_time
from models.features import steps
from models.train import net, search, train_bundle
from models.train.net import choose_share, fit_beside, search_net, teaches
from models.train.temporal.recurrent import TOLERANCE, Recurrent

ROWS = 4_000


@cache
def data(told: bool) -> Dataset:
    """Whether somebody acts follows from their last event, if ``told``; the steps are else noise."""
    plain = dataset_of(3, ROWS, per_user=1)
    rng = np.random.default_rng(1)
    seen = rng.normal(0, 1, (ROWS, steps.STEPS, len(steps.CHANNELS))).astype(np.float32)
    acted = rng.random(ROWS) < np.where(seen[:, -1, 0] > 0, 0.9, 0.1) if told else plain.acted
    return replace(plain, acted=acted, engaged=plain.engaged & acted[plain.due], steps=seen)


@pytest.mark.slow
def test_a_net_that_knows_what_trees_cannot_see_is_shipped_with_its_share(tmp_path) -> None:
    manifest = train_bundle(data(told=True), tmp_path / "b", seed=2)
    bundle = Bundle.load(tmp_path / "b")
    told = bundle.manifest.metrics["contests"][NET]
    assert bundle.has(NET)
    assert bundle.manifest.net_share == told["share"] == manifest.net_share > 0.5
    assert told["log_loss"][str(told["best"])] < told["log_loss"]["0.0"]
    parity = bundle.manifest.graphs[NET].parity
    assert parity is not None
    assert parity.max_abs_diff <= TOLERANCE
    assert bundle.manifest.metrics["user"]["temporal"]["auc"] > 0.7


@pytest.mark.slow
def test_a_net_that_knows_nothing_more_is_left_out_and_the_bundle_says_so(tmp_path) -> None:
    train_bundle(data(told=False), tmp_path / "b", seed=2)
    bundle = Bundle.load(tmp_path / "b")
    assert not bundle.has(NET)
    assert bundle.manifest.net_share == 0.0
    assert bundle.manifest.metrics["contests"][NET]["share"] == 0.0
    assert any(note.startswith(f"{NET} is left out") for note in bundle.manifest.notes)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_net() -> None:
    train, _, _ = split_by_time(data(told=True))
    one, other = fit_beside(train, 5), fit_beside(train, 5)
    assert one.fitted.onnx_bytes == other.fitted.onnx_bytes


@pytest.mark.slow
@pytest.mark.parametrize("less", [{"steps": None}, {"acted": np.zeros(ROWS, np.bool_)}])
def test_without_steps_or_with_one_class_there_is_no_net(less, tmp_path) -> None:
    told = replace(data(told=True), **less)
    assert not teaches(told)
    manifest = train_bundle(told, tmp_path / "b")
    assert NET not in manifest.graphs
    assert NET not in manifest.metrics["contests"]


@pytest.mark.slow
def test_a_search_takes_the_size_that_later_decisions_prefer(monkeypatch) -> None:
    blind = Recurrent(rate=0.0)
    usual = Recurrent(state=8, hidden=4)
    monkeypatch.setattr(net, "SIZES", (blind, usual))
    monkeypatch.setattr(search, "FOLDS", 1)
    train, _, _ = split_by_time(data(told=True))
    assert search_net(train, 0) == usual
    assert search_net(replace(train, steps=None), 0) == blind, "nothing to tell: the usual one"


def test_a_gain_that_hangs_on_a_few_users_is_no_gain() -> None:
    rng = np.random.default_rng(0)
    later = data(told=False)
    odds = rng.normal(0, 1, len(later))
    trees = sigmoid(odds)
    lucky = sigmoid(odds + np.where(later.users == later.users[0], 3.0, 0.0) * (later.acted - 0.5))
    share, told = choose_share(trees, lucky, later, 0)
    assert told["best"] > 0.0
    assert share == 0.0


@pytest.mark.parametrize("off", [-2.0, 2.0])
def test_a_net_that_is_off_by_a_constant_is_judged_by_how_it_orders(off: float) -> None:
    later = data(told=True)
    better = sigmoid(np.where(np.asarray(later.steps)[:, -1, 0] > 0, 2.0, -2.0) + off)
    share, _ = choose_share(np.full(len(later), 0.5), better, later, 0)
    assert share == 1.0
