from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from models.dataset import Dataset
from models.evaluate.context import plant, read_world
from models.evaluate.context.compare import Evidence, blocks, compare, unseen, without_context
from models.evaluate.context.measures import Pairs, gains, measured, ndcg_by_decision
from models.evaluate.context.report import report
from models.evaluate.page import page
from models.metrics.on_dataset import shuffled_context
from models.metrics.ranking import ranking
from streams.offline.evaluation.synthetic import samples
from streams.settings import Settings

pytestmark = pytest.mark.slow  # trains

MODULE = "models.evaluate.context.compare"
WORLD = read_world(Path("examples/worlds/commuters.toml"))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    planted = plant(msgspec.structs.replace(WORLD, users=250, items=80, days=24))
    oracles = {
        name: getattr(planted, name).ravel() for name in ("oracle", "oracle_told", "oracle_blind")
    }
    return Evidence(samples(planted, Settings()), oracles, planted.moments.scene)


def test_no_user_and_no_moment_is_in_two_blocks(evidence: Evidence) -> None:
    data = evidence.data
    train, later, test = blocks(data)
    assert not (train & later).any()
    assert not ((train | later) & test).any()
    assert data.now_ms[train].max() + data.horizon_ms < data.now_ms[later].min()
    assert data.now_ms[later].max() + data.horizon_ms < data.now_ms[test].min()
    kept = {bytes(user) for user in data.users[train | later]}
    assert kept.isdisjoint({bytes(user) for user in data.users[unseen(data)]})
    assert unseen(data)[test].any()


def test_the_variant_without_context_sees_none_of_it() -> None:
    columns = without_context()
    assert columns["temporal_item"]
    assert not any(
        name.startswith(("scene", "device", "place")) for name in columns["context_item"]
    )
    assert {"weight_log", "interest_match", "local_hour"} <= set(columns["context_item"])


def test_the_control_keeps_everything_but_whose_context_it_is(evidence: Evidence) -> None:
    data = evidence.data
    other = shuffled_context(data, 0)
    same = (data.user == other.user) | (np.isnan(data.user) & np.isnan(other.user))
    assert not same.all()
    for column in range(data.user.shape[1]):
        assert np.array_equal(
            np.sort(data.user[:, column]), np.sort(other.user[:, column]), equal_nan=True
        )


def test_the_control_is_also_measured_on_shuffled_context(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Enough(Exception):
        pass

    scored = []

    def scores(_: object, rows: Dataset) -> dict[str, object]:
        scored.append(rows.user)
        if len(scored) == 3:
            raise Enough
        return {}

    monkeypatch.setattr(f"{MODULE}.draft_bundle", lambda *_, **__: SimpleNamespace(bundle=object))
    monkeypatch.setattr(f"{MODULE}._scores", scores)
    with pytest.raises(Enough):
        compare(evidence, 0)
    full, blind, control = scored
    _, _, test = blocks(evidence.data)
    assert np.array_equal(full, evidence.data.user[test], equal_nan=True)
    assert np.array_equal(blind, full, equal_nan=True)
    assert np.array_equal(control, shuffled_context(evidence.data, 0).user[test], equal_nan=True)
    assert not np.array_equal(control, full, equal_nan=True)


def test_in_a_planted_world_context_helps_and_the_control_does_not(evidence: Evidence) -> None:
    compared = compare(evidence, 0)
    numbers = compared.numbers
    assert numbers["helps"] is True
    everybody = numbers["splits"]["all"]
    assert everybody["gains"]["shuffled_over_without"]["ndcg@10"]["ci_low"] < 0.01
    assert everybody["recovered"]["log_loss"]["value"] > 0.6
    assert (
        numbers["scene"]["true"]["model"]["log_loss"]
        < numbers["scene"]["true"]["majority"]["log_loss"]
    )
    assert np.allclose(compared.mix.sum(axis=1)[compared.mix.sum(axis=1) > 0], 1, atol=1e-5)
    html = page("x", "y", report(compared))
    assert "shuffled" in html
    assert "<svg" in html


def test_ndcg_by_decision_averages_to_the_ranking_measure() -> None:
    rng = np.random.default_rng(0)
    due = np.sort(rng.integers(0, 40, 500))
    pairs = Pairs(rng.random(500) < 0.1, due, rng.integers(1, 99, 500).astype(np.uint64), due % 7)
    score = np.round(rng.random(500), 1)
    _, first, each = ndcg_by_decision(score, pairs)
    assert each.mean() == pytest.approx(ranking(score, pairs.label, due, pairs.item)["ndcg@10"])
    assert (pairs.due[first] == np.unique(due[pairs.label])).all()


def test_a_score_gains_nothing_over_itself_and_lower_loss_is_better() -> None:
    rng = np.random.default_rng(1)
    due = np.repeat(np.arange(100), 5)
    truth = rng.random(500) * 0.5
    pairs = Pairs(rng.random(500) < truth, due, np.arange(500).astype(np.uint64), due % 20)
    good, bad = measured(truth, pairs, 0), measured(np.full(500, 0.9), pairs, 0)
    nothing = gains(good, good)
    assert all(each == {"value": 0, "ci_low": 0, "ci_high": 0} for each in nothing.values())
    assert gains(good, bad)["log_loss"]["ci_low"] > 0


def test_one_class_has_no_measures() -> None:
    pairs = Pairs(np.zeros(4, bool), np.arange(4), np.ones(4, np.uint64), np.arange(4))
    assert measured(np.full(4, 0.5), pairs, 0)["auc"].told() == {
        "value": None,
        "ci_low": None,
        "ci_high": None,
    }
