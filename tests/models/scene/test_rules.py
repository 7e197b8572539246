from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.features import CONTRACT
from models.scene.rules import scene_labels
from schemas.vocabulary import Scene


def situation(**values: float) -> NDArray[np.float32]:
    row = np.full((1, len(CONTRACT.user)), np.nan, np.float32)
    for name, value in values.items():
        row[0, CONTRACT.user.index(name)] = value
    return row


@pytest.mark.parametrize(
    ("values", "scene"),
    [
        ({"device_mobile": 1, "place_transit": 1, "place_home": 0}, Scene.MOBILE_COMMUTE),
        ({"device_mobile": 1, "network_cellular": 1, "local_hour": 8, "weekday": 1}, Scene.MOBILE_COMMUTE),
        ({"device_mobile": 1, "network_cellular": 1, "local_hour": 8, "weekday": 6}, Scene.UNKNOWN),
        ({"device_mobile": 1, "network_wifi": 1, "local_hour": 22, "weekday": 2}, Scene.MOBILE_HOME),
        ({"device_mobile": 1, "place_home": 1, "local_hour": 12}, Scene.MOBILE_HOME),
        ({"device_desktop": 1, "local_hour": 11, "weekday": 3}, Scene.DESKTOP_WORK),
        ({"device_desktop": 1, "local_hour": 11, "weekday": 5}, Scene.DESKTOP_HOME),
        ({"device_desktop": 1, "place_home": 1, "local_hour": 11, "weekday": 3}, Scene.DESKTOP_HOME),
        ({"device_mobile": 1, "place_store": 1}, Scene.IN_STORE),
        ({"place_airport": 1}, Scene.TRAVELLING),
        ({"local_hour": 11, "weekday": 3}, Scene.UNKNOWN),
        ({}, Scene.UNKNOWN),
        ({"place_store": 1, "scene_told": Scene.TRAVELLING}, Scene.TRAVELLING),
    ],
)  # fmt: skip
def test_weak_labels_say_what_the_situation_is(values: dict[str, float], scene: Scene) -> None:
    assert scene_labels(situation(**values)).tolist() == [scene]
