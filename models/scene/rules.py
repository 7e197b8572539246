"""Weak labels for the scene model where no producer told a scene: plain, named rules.

A rule that is not sure says nothing, and what no rule is sure of stays `Scene.UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.features import CONTRACT, scene_hours
from schemas.vocabulary import Scene

Mask = NDArray[np.bool_]
_AT = {name: i for i, name in enumerate(CONTRACT.user)}


class Situation:
    """The context columns of float32[n, user features] that the rules ask about."""

    def __init__(self, user: NDArray[np.float32]) -> None:
        self._user = user

    def __call__(self, name: str) -> Mask:
        """Where the one-hot column is 1; not known is no."""
        return np.equal(self._user[:, _AT[name]], 1)

    @property
    def hour(self) -> NDArray[np.float32]:
        """The local hour, with its quarters."""
        return self._user[:, _AT["local_hour"]]

    @property
    def workday(self) -> Mask:
        """Monday to Friday."""
        return np.less(self._user[:, _AT["weekday"]], 5)

    @property
    def placed(self) -> Mask:
        """Somebody told the place."""
        return ~np.isnan(self._user[:, _AT["place_home"]])


def in_store(at: Situation) -> Mask:
    """In a shop of ours, whatever the device."""
    return at("place_store")


def travelling(at: Situation) -> Mask:
    """At an airport."""
    return at("place_airport")


def mobile_commute(at: Situation) -> Mask:
    """A phone in transit, or on mobile data at a rush hour of a workday."""
    rush = scene_hours.rush(at.hour, at.workday)
    return at("device_mobile") & (
        at("place_transit") | (at("network_cellular") & rush & ~at.placed)
    )


def mobile_home(at: Situation) -> Mask:
    """A phone at home, or on Wi-Fi when most people are."""
    idle = scene_hours.idle(at.hour)
    return at("device_mobile") & (at("place_home") | (at("network_wifi") & idle & ~at.placed))


def desktop_work(at: Situation) -> Mask:
    """A desktop at work, or in office hours of a workday."""
    office = scene_hours.office(at.hour, at.workday) & ~at.placed
    return at("device_desktop") & (at("place_work") | office)


def desktop_home(at: Situation) -> Mask:
    """A desktop at home, or in the evening or at the weekend."""
    free = scene_hours.free(at.hour, at.workday) & ~at.placed
    return at("device_desktop") & (at("place_home") | free)


RULES: tuple[tuple[Scene, Callable[[Situation], Mask]], ...] = (
    (Scene.IN_STORE, in_store),
    (Scene.TRAVELLING, travelling),
    (Scene.MOBILE_COMMUTE, mobile_commute),
    (Scene.MOBILE_HOME, mobile_home),
    (Scene.DESKTOP_WORK, desktop_work),
    (Scene.DESKTOP_HOME, desktop_home),
)
"""The first rule that is sure wins."""


def rule_labels(user: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the `Scene` that the rules say, per row of float32[n, user features]."""
    labels = np.full(len(user), int(Scene.UNKNOWN), np.int64)
    at = Situation(user)
    for scene, rule in reversed(RULES):
        labels[rule(at)] = scene
    return labels


def silent(user: NDArray[np.float32]) -> Mask:
    """Return where neither device nor network nor place was told: the scene is not known."""
    columns = [_AT[name] for name in ("device_mobile", "network_wifi", "place_home")]
    return np.asarray(np.isnan(user[:, columns]).all(axis=1))


def told_scene(user: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the `Scene` that a producer told, -1 where none did."""
    told = user[:, _AT["scene_told"]]
    return np.where(np.isnan(told), -1, np.nan_to_num(told)).astype(np.int64)


def scene_labels(user: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return a `Scene` per row: the told one, else by rule."""
    told = told_scene(user)
    return np.where(told >= 0, told, rule_labels(user))
