"""Per hour of the next 24: how likely is it that the user is active."""

from __future__ import annotations

import numpy as np

from models.sendtime.activity import FADES_H, HOURS, LEAST, ActivityModel, Floats
from models.sendtime.habits import Habits


def active(model: ActivityModel, known: Habits) -> Floats:
    """Return P(active in the k-th hour from now), float64[n, 24]; k = 0 is the hour under way."""
    log_odds: Floats = np.full((len(known.gap_h), HOURS), model.weights[0])
    for weight, term in zip(model.weights[1:], terms(model, known), strict=True):
        log_odds = log_odds + weight * term
    probability: Floats = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0)))
    return probability


def terms(model: ActivityModel, known: Habits) -> list[Floats]:
    """Return the terms of the log-odds but the bias, each float64[n, 24] by hour ahead."""
    ahead = np.arange(HOURS)
    hour = (known.hour[:, None] + ahead) % HOURS
    weekday = (known.weekday[:, None] + (known.hour[:, None] + ahead) // HOURS) % 7
    profile = np.take_along_axis(model.profiles(known.counts), hour, axis=1)
    rate = (known.counts.sum(axis=1) + 1.0) / (known.days + 1.0)
    since = known.gap_h[:, None] + ahead
    return [
        np.log(np.maximum(profile, LEAST)),
        np.broadcast_to(np.log(rate)[:, None], profile.shape),
        model.week[weekday, hour],
        *(np.exp(-since / fade) for fade in FADES_H),
    ]


def moments(probability: Floats, waits_h: Floats, half_life_h: Floats) -> Floats:
    """Return the worth of speaking in each hour: ``P(active) * 2^(-wait / half life)``.

    ``waits_h``: float64[n, 24], 0 or more; ``half_life_h``: float64[n], how fast the occasion
    loses its worth.
    """
    worth: Floats = probability * np.exp2(-waits_h / half_life_h[:, None])
    return worth
