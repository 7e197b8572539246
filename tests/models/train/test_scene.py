from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.bundle.bundle import open_session
from models.features import CONTRACT
from models.scene.rules import rule_labels, silent
from models.train import scene as training
from models.train.columns import SCENE_INPUTS
from models.train.scene import CONTESTANTS, fit_scene
from schemas.vocabulary import Scene

AT = {name: i for i, name in enumerate(CONTRACT.user)}


def moments(seed: int, told: bool, n: int = 2_000) -> NDArray[np.float32]:
    """Phones and desktops around the clock; whoever tells says commute before noon, home after."""
    rng = np.random.default_rng(seed)
    user = np.full((n, len(CONTRACT.user)), np.nan, np.float32)
    mobile, hour = rng.random(n) < 0.5, rng.integers(0, 24, n)
    user[:, AT["device_mobile"]], user[:, AT["device_desktop"]] = mobile, ~mobile
    user[:, AT["local_hour"]], user[:, AT["weekday"]] = hour, rng.integers(0, 7, n)
    scene = np.where(mobile, np.where(hour < 12, 1, 2), np.where(hour < 12, 3, 4))
    if told:
        user[:, AT["scene_told"]] = scene
    return user


def inputs(user: NDArray[np.float32]) -> NDArray[np.float32]:
    return user[:, [AT[name] for name in SCENE_INPUTS]]


def test_the_contest_is_judged_on_later_told_scenes_and_the_winner_is_right() -> None:
    user = moments(0, told=True)
    found = fit_scene(inputs(user), user, 0)
    assert found.contest["judged_by"] == "told"
    assert set(found.contest["contestants"]) == set(CONTESTANTS)
    best = min(found.contest["contestants"].values(), key=lambda each: each["log_loss"])
    assert found.contest["contestants"][found.contest["chosen"]] == best
    fresh = moments(1, told=True)
    p = open_session(found.fitted.onnx_bytes).run(None, {"features": inputs(fresh)})[0]
    assert (p.argmax(axis=1) == fresh[:, AT["scene_told"]]).mean() > 0.95


def situations(seed: int, n: int = 3_000) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Phones in transit and on mobile data around the clock, phones at home on Wi-Fi; half tell the place."""
    rng = np.random.default_rng(seed)
    user = np.full((n, len(CONTRACT.user)), np.nan, np.float32)
    commute = rng.random(n) < 0.5
    user[:, AT["device_mobile"]] = user[:, AT["network_wifi"]] = user[:, AT["network_cellular"]] = 0
    user[:, AT["device_mobile"]] = 1
    cellular = rng.random(n) < np.where(commute, 0.9, 0.1)
    user[:, AT["network_cellular"]], user[:, AT["network_wifi"]] = cellular, ~cellular
    user[:, AT["local_hour"]], user[:, AT["weekday"]] = rng.integers(10, 16, n), 1
    placed = rng.random(n) < 0.5
    for word in ("place_home", "place_work", "place_store", "place_transit", "place_airport"):
        user[placed, AT[word]] = 0
    user[placed & commute, AT["place_transit"]] = 1
    user[placed & ~commute, AT["place_home"]] = 1
    return user, np.where(commute, 1, 2)


def test_what_rules_are_sure_of_teaches_what_they_are_not_sure_of() -> None:
    user, _ = situations(0)
    found = fit_scene(inputs(user), user, 0)
    fresh, scene = situations(1)
    unsure = rule_labels(fresh) == Scene.UNKNOWN
    p = open_session(found.fitted.onnx_bytes).run(None, {"features": inputs(fresh)})[0]
    assert unsure.mean() > 0.2
    assert (p.argmax(axis=1) == scene)[unsure].mean() > 0.85
    assert p[unsure, Scene.UNKNOWN].max() < 0.1


def test_whoever_tells_nothing_is_in_an_unknown_scene() -> None:
    user, _ = situations(2)
    user[:300, [i for name, i in AT.items() if name.startswith(("device", "network", "place"))]] = (
        np.nan
    )
    user = user[np.random.default_rng(0).permutation(len(user))]
    found = fit_scene(inputs(user), user, 0)
    nothing = inputs(user[silent(user)])
    p = open_session(found.fitted.onnx_bytes).run(None, {"features": nothing})[0]
    assert p[:, Scene.UNKNOWN].min() > 0.8


def test_without_told_scenes_the_rules_teach() -> None:
    user = moments(0, told=False)
    found = fit_scene(inputs(user), user, 0)
    assert found.contest["judged_by"] == "rules"


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTESTANTS)
def test_every_contestant_passes_the_gate_and_its_probabilities_sum_to_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "CONTESTANTS", {name: CONTESTANTS[name]})
    user = moments(2, told=True)
    fitted = fit_scene(inputs(user), user, 0).fitted
    assert fitted.parity is not None
    wild = np.random.default_rng(0).choice(
        np.array([np.nan, -1e9, 0, 1, 1e9, 3e38], np.float32), (200, len(SCENE_INPUTS))
    )
    p = open_session(fitted.onnx_bytes).run(None, {"features": wild})[0]
    assert np.abs(p.sum(axis=1) - 1).max() < 1e-5
    assert ((p >= 0) & (p <= 1)).all()
