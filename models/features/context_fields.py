"""The user's situation as last told: device, network, place, how old that is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import HOUR_MS, Int64s
from models.features.view import UserView
from schemas.ids import NO_ID, hash64
from schemas.vocabulary import ContextField, Scene

CHOICES: dict[ContextField, tuple[str, ...]] = {
    ContextField.DEVICE: ("mobile", "desktop", "tablet"),
    ContextField.OS: ("android", "ios"),
    ContextField.NETWORK: ("wifi", "cellular", "offline"),
    ContextField.PLACE: ("home", "work", "store", "transit", "airport"),
}
"""The values that have a column of their own; another value is 0 in all of them."""

SITUATION = (ContextField.DEVICE, ContextField.NETWORK, ContextField.PLACE, ContextField.CELL)
_READ = ContextField.SCENE + 1
"""Fields up to the scene are looked at; what a profile or a search tells comes after them."""
_FIELDS = [field for field, values in CHOICES.items() for _ in values]
_CHOICES = np.array([hash64(value) for values in CHOICES.values() for value in values], np.uint64)
_SCENES = np.array([hash64(scene.name.lower()) for scene in Scene], np.uint64)
SCENE_LIFE_MS = 6 * HOUR_MS
"""How long a scene that the producer told stays the user's scene."""

NAMES = (
    *(f"{what.name.lower()}_{value}" for what, values in CHOICES.items() for value in values),
    "country_known",
    "context_age_h",
    "scene_told",
)


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES]: 1 or 0, NaN where the field was never told or was cleared.

    ``context_age_h``: hours since the newest word on device, network, place or cell;
    ``scene_told``: number of the `Scene` a producer told in the last hours, if nobody told of
    another place or network since, else NaN.
    """
    value, ts_ms = _last_known(view)
    chosen = value[:, _FIELDS]
    columns = np.where(chosen == NO_ID, np.nan, chosen == _CHOICES)
    country = (value[:, ContextField.COUNTRY] != NO_ID).astype(np.float64)
    newest = np.max(np.where(ts_ms < 0, -1, ts_ms)[:, SITUATION], axis=1)
    age = np.where(newest < 0, np.nan, np.maximum(view.now_ms - newest, 0) / HOUR_MS)
    told = _scene_told(view, value, ts_ms)
    return np.concatenate([columns, np.array([country, age, told]).T], axis=1)


def _last_known(view: UserView) -> tuple[NDArray[np.uint64], Int64s]:
    """Hash and time of each field: [n, fields]; 0 and -1 where nothing was told."""
    rows = view.state.context
    shape = (len(view), _READ)
    value, ts_ms = np.zeros(shape, np.uint64), np.full(shape, -1, np.int64)
    told = (rows.data["field"] < _READ).nonzero()[0]
    slots, data = rows.slots[told], rows.data.take(told)
    value[slots, data["field"]] = data["value"]
    ts_ms[slots, data["field"]] = data["ts_ms"]
    return value, ts_ms


def _scene_told(view: UserView, value: NDArray[np.uint64], ts_ms: Int64s) -> NDArray[np.float64]:
    told = np.full(len(view), np.nan)
    user, scene = np.nonzero(value[:, [ContextField.SCENE]] == _SCENES)
    told[user] = scene
    scene_ms = ts_ms[:, ContextField.SCENE]
    fresh = view.now_ms - scene_ms <= SCENE_LIFE_MS
    fresh &= (ts_ms[:, (ContextField.PLACE, ContextField.NETWORK)] <= scene_ms[:, None]).all(axis=1)
    return np.where(fresh, told, np.nan)
