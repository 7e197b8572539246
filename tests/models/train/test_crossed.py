from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.bundle.bundle import open_session
from models.bundle.manifest import SCENE_COLUMNS
from models.bundle.parity import check_parity, golden_rows
from models.metrics.probabilities import log_loss
from models.train.contest import LINEAR, fit_contest
from models.train.crossed import Crossed
from models.train.fit import CONTEXT

COLUMNS = (
    "local_hour",
    *SCENE_COLUMNS,
    "weight_log",
    "offer_active",
    "seller_rating",
    "item_age_d",
)
AT = {name: i for i, name in enumerate(COLUMNS)}


def drawn(seed: int, n: int = 4_000) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Heavy is bad on the move and good at the desk; a third of the weights is missing."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((n, len(COLUMNS)), np.float32)
    scene = rng.integers(1, 4, n)
    rows[np.arange(n), 1 + scene] = 1
    rows[:, AT["local_hour"]] = rng.integers(0, 24, n)
    rows[:, AT["weight_log"]] = rng.normal(7, 1.5, n)
    rows[:, AT["offer_active"]] = rng.random(n) < 0.3
    rows[:, AT["seller_rating"]] = np.nan
    rows[:, AT["item_age_d"]] = np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(3, 1, n))
    z = (rows[:, AT["weight_log"]] - 7) / 1.5
    odds = np.where(scene == 1, -1.5 * z, np.where(scene == 3, 1.5 * z, 0)) - 1
    rows[rng.random(n) < 0.3, AT["weight_log"]] = np.nan
    odds = np.where(np.isnan(rows[:, AT["weight_log"]]), -1, odds)
    return rows, rng.random(n) < 1 / (1 + np.exp(-odds))


@pytest.mark.parametrize("sparse", [False, True])
def test_the_graph_is_the_model_and_nobody_in_the_batch_matters(sparse: bool) -> None:
    rows, label = drawn(0)
    model = Crossed.fit(rows, COLUMNS, label, 0.1, sparse)
    made = model.export()
    golden = golden_rows(rows, 0)
    assert check_parity("x", made, model.predict, golden).max_abs_diff <= 1e-6
    session = open_session(made)
    whole = session.run(None, {"features": golden})[0]
    for size in (1, 2, 7):
        cuts = [golden[i : i + size] for i in range(0, 300, size)]
        found = np.concatenate([session.run(None, {"features": cut})[0] for cut in cuts])
        assert found.tobytes() == whole[: len(found)].tobytes()


def test_every_scene_has_its_own_view() -> None:
    rows, label = drawn(1)
    model = Crossed.fit(rows, COLUMNS, label, 0.1)
    heavy = np.repeat(rows[:1], 2, axis=0)
    heavy[:, 1 : 1 + len(SCENE_COLUMNS)] = 0
    heavy[0, 2], heavy[1, 4] = 1, 1
    heavy[:, AT["weight_log"]] = 10
    on_the_move, at_the_desk = model.predict(heavy)
    assert on_the_move < 0.1 < 0.5 < at_the_desk
    heavy[:, AT["weight_log"]] = np.nan
    on_the_move, at_the_desk = model.predict(heavy)
    assert on_the_move == pytest.approx(at_the_desk, abs=0.08)


@pytest.mark.slow
def test_crossed_scenes_win_where_scenes_cross() -> None:
    rows, label = drawn(2)
    fitted, contest = fit_contest("x", COLUMNS, rows, label, np.arange(len(rows)), 0, CONTEXT, 0)
    assert contest["chosen"] in LINEAR
    assert fitted.kind == "crossed_logistic"
    assert contest["log_loss"]["trees"] > min(contest["log_loss"].values())


def test_a_sparse_model_leaves_out_what_says_nothing() -> None:
    rows, label = drawn(3)
    many, few = (Crossed.fit(rows, COLUMNS, label, 0.3, sparse) for sparse in (False, True))
    kept = [(np.abs(model.by_scene) > 0.01).sum() for model in (many, few)]
    assert 2 <= kept[1] <= kept[0] / 3
    later, bought = drawn(4)
    assert log_loss(few.predict(later), bought) < log_loss(many.predict(later), bought)


def test_ages_count_by_ratio() -> None:
    rng = np.random.default_rng(5)
    rows, _ = drawn(5)
    age_d = rows[:, AT["item_age_d"]] = rng.lognormal(2, 1.5, len(rows))
    label = rng.random(len(rows)) < 1 / (1 + age_d)
    model = Crossed.fit(rows, COLUMNS, label, 1.0)
    ages = np.repeat(rows[:1], 3, axis=0)
    ages[:, AT["item_age_d"]] = 1, 9, 99
    odds = np.log(model.predict(ages) / (1 - model.predict(ages)))
    assert odds[0] - odds[1] == pytest.approx(odds[1] - odds[2], rel=0.5)
    assert odds[0] - odds[1] > 1


@pytest.mark.slow
def test_where_nothing_tells_rows_apart_the_rate_is_enough() -> None:
    rows, _ = drawn(6)
    label = np.random.default_rng(6).random(len(rows)) < 0.3
    fitted, contest = fit_contest("x", COLUMNS, rows, label, np.arange(len(rows)), 0, CONTEXT, 0)
    assert contest["chosen"] == fitted.kind == "rate"
    found = open_session(fitted.onnx_bytes).run(None, {"features": rows[:3]})[0]
    assert found == pytest.approx(label.mean(), abs=1e-6)
    assert min(contest["log_loss"].values()) > 0.5


def test_a_graph_without_items_has_no_views_of_them() -> None:
    rows, label = drawn(7)
    of_user = COLUMNS[: 1 + len(SCENE_COLUMNS)]
    model = Crossed.fit(rows[:, : len(of_user)], of_user, label, 0.3)
    golden = golden_rows(rows[:, : len(of_user)], 0)
    assert model.by_scene.shape == (len(SCENE_COLUMNS) - 1, 0)
    check_parity("x", model.export(), model.predict, golden)
