"""Weak labels for the scene model where no producer told a scene: plain, named rules.

A rule that is not sure says nothing, and what no rule is sure of stays `Scene.UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.features import CONTRACT
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

    def hours(self, start: int, stop: int) -> Mask:
        """Where the local hour is in ``[start, stop)``."""
        hour = self._user[:, _AT["local_hour"]]
        return np.greater_equal(hour, start) & np.less(hour, stop)

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
    rush = at.workday & (at.hours(7, 10) | at.hours(16, 20))
    return at("device_mobile") & (
        at("place_transit") | (at("network_cellular") & rush & ~at.placed)
    )


def mobile_home(at: Situation) -> Mask:
    """A phone at home, or on Wi-Fi when most people are."""
    idle = at.hours(0, 7) | at.hours(20, 24)
    return at("device_mobile") & (at("place_home") | (at("network_wifi") & idle & ~at.placed))


def desktop_work(at: Situation) -> Mask:
    """A desktop at work, or in office hours of a workday."""
    office = at.workday & at.hours(9, 18) & ~at.placed
    return at("device_desktop") & (at("place_work") | office)


def desktop_home(at: Situation) -> Mask:
    """A desktop at home, or in the evening or at the weekend."""
    free = (~at.workday | at.hours(0, 7) | at.hours(19, 24)) & ~at.placed
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


def scene_labels(user: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return a `Scene` per row of float32[n, user features]: the told one, else by rule."""
    labels = np.full(len(user), int(Scene.UNKNOWN), np.int64)
    at = Situation(user)
    for scene, rule in reversed(RULES):
        labels[rule(at)] = scene
    told = user[:, _AT["scene_told"]]
    known = ~np.isnan(told)
    labels[known] = told[known].astype(np.int64)
    return labels
