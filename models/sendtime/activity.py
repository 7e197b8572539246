"""When users are active: what is known of everybody, and the model that applies it to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from schemas.globals import Activity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOURS = 24
WEEK = 7 * HOURS
FADES_H = (1.0, 3.0, 8.0, 24.0)
"""Who was just here is likely to be here still, or again soon: four speeds of forgetting."""
TERMS = ("bias", "log_profile", "log_rate", "log_week", *(f"fade_{h:g}h" for h in FADES_H))
"""What the log-odds of activity in an hour are a weighted sum of."""
UNTRAINED = (0.7, 1.0, 0.5, 0.5, 0.5, 0.2, 0.0, 0.1)
"""Weights until training brings better: rounded from what our logs gave."""
LEAST = 1e-9


@dataclass(slots=True, frozen=True)
class ActivityModel:
    """An `Activity` as arrays.

    ``segments``: float64[s, 24], a profile over local hours each, rows sum to 1; ``shares``:
    float64[s], of users, sum to 1; ``week``: float64[7, 24], log of how much more of an hour's
    activity falls on a weekday (Monday first) than on the average day; ``own_strength``,
    ``segment_strength``: hours of activity that the user's smoothed and the segments' profile
    count for; ``weights``: by `TERMS`.
    """

    segments: Floats
    shares: Floats
    week: Floats
    own_strength: float
    segment_strength: float
    weights: tuple[float, ...]

    @classmethod
    def decode(cls, activity: Activity) -> Self:
        """Unpack; an empty `Activity` says that all hours are alike.

        Raises:
            ValueError: columns do not fit each other, or hold what is no profile.
        """
        shares = _floats(activity.shares) if activity.shares else np.ones(1)
        flat = _floats(activity.segments) if activity.segments else np.ones(HOURS)
        week = _floats(activity.week) if activity.week else np.zeros(WEEK)
        weights = activity.weights or UNTRAINED
        if len(flat) != HOURS * len(shares) or len(week) != WEEK or len(weights) != len(TERMS):
            raise ValueError("columns of an activity model do not fit each other")
        every = np.concatenate((flat, shares, week, np.array(weights)))
        if not np.isfinite(every).all() or flat.min() < 0 or shares.min() < 0 or not shares.sum():
            raise ValueError("an activity model holds what is no profile")
        strengths = (activity.own_strength, activity.segment_strength)
        if not all(0 < strength < np.inf for strength in strengths):
            raise ValueError("an activity model's strength is out of bounds")
        segments = np.maximum(flat.reshape(-1, HOURS), LEAST)
        segments = segments / segments.sum(axis=1, keepdims=True)
        return cls(
            segments, shares / shares.sum(), week.reshape(7, HOURS),
            *strengths, tuple(weights),
        )  # fmt: skip

    def encode(self) -> Activity:
        """Return the model as an epoch carries it."""
        return Activity(
            segments=self.segments.astype("<f4").tobytes(),
            shares=self.shares.astype("<f4").tobytes(),
            week=self.week.astype("<f4").tobytes(),
            own_strength=self.own_strength,
            segment_strength=self.segment_strength,
            weights=self.weights,
        )

    def profiles(self, counts: Floats) -> Floats:
        """Return each user's share of activity by local hour: float64[n, 24], rows sum to 1.

        ``counts``: active hours by local hour. Empirical Bayes in two steps, each
        ``(counts + strength * prior) / (n + strength)``: the counts are shrunk to the counts
        smoothed over neighbouring hours, those to the segments weighted by how well they explain
        the user (a Dirichlet mixture's posterior). Nothing known: everybody's profile.
        """
        total = counts.sum(axis=1, keepdims=True)
        beside = np.roll(counts, 1, axis=1) + np.roll(counts, -1, axis=1)
        smooth = 0.5 * counts + 0.25 * beside
        prior = self.segment_strength * self._prior(counts)
        shrunk = (smooth + prior) / (total + self.segment_strength)
        profile: Floats = (counts + self.own_strength * shrunk) / (total + self.own_strength)
        return profile

    def average(self) -> Floats:
        """Return everybody's profile: float64[24]."""
        profile: Floats = (self.segments * self.shares[:, None]).sum(axis=0)
        return profile

    def _prior(self, counts: Floats) -> Floats:
        # Sums in a fixed order, no matrix product: a row never depends on its batch.
        fits = np.tile(np.log(np.maximum(self.shares, LEAST)), (len(counts), 1))
        logs = np.log(self.segments)
        for hour in range(HOURS):
            fits += counts[:, hour, None] * logs[:, hour]
        fits = np.exp(fits - fits.max(axis=1, keepdims=True))
        belongs = fits / fits.sum(axis=1, keepdims=True)
        prior = np.zeros_like(counts)
        for segment, profile in enumerate(self.segments):
            prior += belongs[:, segment, None] * profile
        return prior


def _floats(packed: bytes) -> Floats:
    return np.frombuffer(packed, "<f4").astype(np.float64)


NOTHING_KNOWN = ActivityModel.decode(Activity())
"""All hours are alike, until an epoch says more; a user's own habits count all the same."""
