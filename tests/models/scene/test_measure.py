from __future__ import annotations

import math

import numpy as np
import pytest

from models.features import CONTRACT
from models.scene.measure import UNSURE, against_baselines, scene_scores
from schemas.vocabulary import Scene


def test_a_certain_mistake_costs_much_and_not_infinitely_much() -> None:
    found = scene_scores(np.eye(len(Scene))[[1, 2]], np.array([1, 1]))
    assert found["accuracy"] == 0.5
    cost = -math.log(UNSURE / (1 + 6 * UNSURE))
    assert found["log_loss"] == pytest.approx(cost / 2, abs=0.01)


def test_the_rules_are_judged_on_what_producers_told() -> None:
    user = np.full((4, len(CONTRACT.user)), np.nan, np.float32)
    user[:3, CONTRACT.user.index("place_store")] = 1
    label = np.array([Scene.IN_STORE, Scene.IN_STORE, Scene.TRAVELLING, Scene.TRAVELLING])
    found = against_baselines(np.eye(len(Scene))[label], user, label, label)
    assert found["rules"]["sure"] == 0.75
    assert found["rules"]["accuracy_when_sure"] == pytest.approx(2 / 3)
    assert found["model"]["accuracy"] == 1
    assert (
        found["model"]["log_loss"] < found["rules"]["log_loss"] < found["majority"]["log_loss"] + 1
    )


def test_nobody_told_a_scene() -> None:
    none = np.zeros((0, len(CONTRACT.user)), np.float32)
    label = np.zeros(0, np.int64)
    found = against_baselines(np.zeros((0, len(Scene))), none, label, label)
    assert found["model"] == {"rows": 0, "log_loss": None, "accuracy": None}
