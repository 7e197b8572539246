from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.bundle.bundle import open_session
from models.features import CONTRACT
from models.train import scene as training
from models.train.columns import SCENE_INPUTS
from models.train.scene import CONTESTANTS, fit_scene

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


def test_without_told_scenes_the_rules_teach() -> None:
    user = moments(0, told=False)
    found = fit_scene(inputs(user), user, 0)
    assert found.contest["judged_by"] == "rules"


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
