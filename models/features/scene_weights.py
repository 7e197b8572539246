"""The article's scene weights ``w_c = g * w_(c-1) + (1 - g) * f_c``, per user and scene.

``f_c`` is how often the user was met in scene ``c`` in a step of one hour; the last step ends with
the tile of now. Computed on read from tiles, as `models.features.ewma` does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import scene_hours
from models.features.calendar import DAY_MS, HOUR_MS
from models.features.ewma import TILES_PER_STEP, decay_table
from models.features.view import TILES_30D, Tiles, UserView
from schemas.vocabulary import EventType, Scene

HALF_LIVES_H = (24, 168)
SCENES = tuple(scene for scene in Scene if scene != Scene.UNKNOWN)
NAMES = (
    *(f"scene_weight_{scene.name.lower()}_{half}h" for half in HALF_LIVES_H for scene in SCENES),
    *(f"scene_share_{scene.name.lower()}" for scene in SCENES),
)
_MONDAY = 3  # 1970-01-01 was a Thursday


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES]: meetings per hour, then shares of the slow weights (sum 1).

    Shares are NaN for a user who was never met in a scene that is known.
    """
    slot, scene, count, step = _met(view.tiles)
    cell, cells = slot * len(Scene) + scene, len(view) * len(Scene)
    weights = [
        np.bincount(cell, decay_table(half)[step] * count, minlength=cells)
        .reshape(len(view), len(Scene))[:, 1:]
        for half in HALF_LIVES_H
    ]  # fmt: skip
    total = weights[-1].sum(axis=1, keepdims=True)
    known = total > 0
    shares = np.where(known, weights[-1] / np.where(known, total, 1.0), np.nan)
    return np.concatenate([*weights, shares], axis=1)


def _met(tiles: Tiles) -> tuple[NDArray[np.int64], ...]:
    """User, scene, count and hour step of the tiles that say in which scene the user was."""
    rows = ((tiles.type >= EventType.IN_MOBILE_COMMUTE) & (tiles.age < TILES_30D)).nonzero()[0]
    scene = scene_of(tiles.type[rows], tiles.local_ms[rows])
    rows, scene = rows[scene != Scene.UNKNOWN], scene[scene != Scene.UNKNOWN]
    return tiles.slot[rows], scene, tiles.count[rows], tiles.age[rows] // TILES_PER_STEP


def scene_of(kind: NDArray[np.int64], local_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the `Scene` of situation tiles: told outright, or by device and local hour."""
    hour = local_ms % DAY_MS // HOUR_MS
    workday = (local_ms // DAY_MS + _MONDAY) % 7 < 5
    told = kind <= EventType.TRAVELLING
    scene = np.where(told, kind - EventType.IN_MOBILE_COMMUTE + Scene.MOBILE_COMMUTE, Scene.UNKNOWN)
    for device, then, at in (
        (EventType.ON_CELLULAR, Scene.MOBILE_COMMUTE, scene_hours.rush(hour, workday)),
        (EventType.ON_WIFI, Scene.MOBILE_HOME, scene_hours.idle(hour)),
        (EventType.ON_DESKTOP, Scene.DESKTOP_WORK, scene_hours.office(hour, workday)),
        (EventType.ON_DESKTOP, Scene.DESKTOP_HOME, scene_hours.free(hour, workday)),
    ):
        scene[(kind == device) & at] = then
    return scene
