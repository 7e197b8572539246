from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.bundle.bundle import open_session
from models.bundle.parity import check_parity, golden_rows
from models.train.columns import SCENE_INPUTS
from models.train.export import fill, scatter
from models.train.log_linear import Averaged, LogLinear, NaiveBayes
from schemas.vocabulary import Scene

AT = {name: i for i, name in enumerate(SCENE_INPUTS)}
MODELS = [LogLinear(10.0), NaiveBayes(), Averaged(10.0)]
COMMUTE, WORK, HOME = Scene.MOBILE_COMMUTE, Scene.DESKTOP_WORK, Scene.DESKTOP_HOME


def told(seed: int, n: int = 3_000) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Commutes at eight, work in office hours of workdays, home at other times; half tell the device."""
    rng = np.random.default_rng(seed)
    rows = np.full((n, len(SCENE_INPUTS)), np.nan, np.float32)
    scene = rng.choice([COMMUTE, WORK, HOME], n)
    hour = np.where(scene == COMMUTE, 8, np.where(scene == WORK, 9 + rng.integers(0, 8, n), 0))
    hour = np.where(scene == HOME, rng.choice([8, 12, 18, 19, 20, 20, 21, 21, 22, 23], n), hour)
    rows[:, AT["local_hour"]] = hour + rng.choice([0, 0.25, 0.5], n)
    weekday = np.where(scene == HOME, rng.integers(0, 7, n), rng.integers(0, 5, n))
    rows[:, AT["weekday"]] = weekday
    tells = rng.random(n) < 0.5
    rows[tells, AT["device_mobile"]] = (scene == COMMUTE)[tells]
    rows[tells, AT["device_desktop"]] = (scene != COMMUTE)[tells]
    return rows, scene


@pytest.mark.parametrize("model", MODELS)
def test_the_graph_is_the_model_and_a_scene_nobody_told_is_nothing(model: LogLinear) -> None:
    rows, scene = told(0)
    fitted = model.fit(fill(rows), scene)
    spread = scatter(fitted.classes_).astype(np.float64)
    golden = golden_rows(rows, 0)
    made = fitted.export()
    check_parity("x", made, lambda g: fitted.predict_proba(fill(g)) @ spread, golden)
    p = open_session(made).run(None, {"features": golden})[0]
    assert (p[:, [Scene.UNKNOWN, Scene.IN_STORE, Scene.TRAVELLING]] == 0).all()
    assert np.abs(p.sum(axis=1) - 1).max() < 1e-5


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("scenes", [(COMMUTE, WORK), (COMMUTE, WORK, HOME)])
def test_words_and_hours_add_up_to_what_is_likely(
    scenes: tuple[Scene, ...], model: LogLinear
) -> None:
    rows, scene = told(1)
    here = np.isin(scene, scenes)
    fitted = model.fit(fill(rows[here]), scene[here])
    asked = np.full((2, len(SCENE_INPUTS)), np.nan, np.float32)
    asked[:, AT["local_hour"]], asked[:, AT["weekday"]] = (8, 10), 1
    asked[0, AT["device_mobile"]] = 1
    found = fitted.classes_[fitted.predict_proba(fill(asked)).argmax(axis=1)]
    assert found.tolist() == [COMMUTE, WORK]


@pytest.mark.parametrize("model", MODELS)
def test_the_weekend_has_hours_of_its_own(model: LogLinear) -> None:
    rows, scene = told(2)
    fitted = model.fit(fill(rows), scene)
    noon = np.full((2, len(SCENE_INPUTS)), np.nan, np.float32)
    noon[:, AT["local_hour"]], noon[:, AT["weekday"]] = 12, (2, 6)
    p = fitted.predict_proba(fill(noon))
    assert fitted.classes_[p.argmax(axis=1)].tolist() == [WORK, HOME]


def test_counting_gives_the_posterior_of_fields_told_independently() -> None:
    rng = np.random.default_rng(3)
    rows, scene = np.full((4_000, len(SCENE_INPUTS)), np.nan, np.float32), rng.choice([1, 3], 4_000)
    rows[:, AT["local_hour"]], rows[:, AT["weekday"]] = 8, 1
    for word, often in (("device_mobile", 0.9), ("place_transit", 0.7)):
        field = [i for name, i in AT.items() if name.startswith(word.split("_")[0])]
        tells = rng.random(len(rows)) < 0.8
        rows[np.ix_(tells, field)] = 0
        rows[tells, AT[word]] = rng.random(tells.sum()) < np.where(scene[tells] == 1, often, 0.2)
    asked = rows[(rows[:, AT["device_mobile"]] == 1) & (rows[:, AT["place_transit"]] == 1)][:1]
    p = NaiveBayes().fit(fill(rows), scene).predict_proba(fill(asked))[0, 0]
    assert p == pytest.approx(0.9 * 0.7 / (0.9 * 0.7 + 0.2 * 0.2), abs=0.02)
