"""Learn from a log when users are active: segments, weights, and how much to trust each user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Self

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.sendtime.activity import HOURS, UNTRAINED, ActivityModel, Floats, Ints
from models.sendtime.habits import LOOK_DAYS, Habits, of_hours
from models.sendtime.predict import active, terms
from models.sendtime.week import week_cell, week_ratio

SEGMENTS, OWN, SEGMENT = (1, 4, 8), (30.0, 100.0), (20.0, 60.0)
"""Numbers of segments and strengths that are tried on later activity."""
FIT_SHARE = 0.6
"""Segments are learned on the first part, compared on the rest; at last on all."""
MOST_ANCHORS = 16
MOST_ROWS = 300_000
"""Hours of users that eight weights are fitted on; of more, every second, third, ..."""
LEAST_HOURS = 72
"""A shorter log says nothing about days: the untrained model stays."""
_ROUNDS = 40
_SEGMENT_PRIOR = 20.0


@dataclass(slots=True, frozen=True)
class ActiveHours:
    """Distinct (user, local hour) pairs of a log; hours count from 1970-01-01 on the wall clock.

    ``user``: 0 to ``users`` - 1, sorted by (user, hour).
    """

    user: Ints
    hour: Ints
    users: int

    def before(self, stop: int) -> ActiveHours:
        """Return the pairs before an hour."""
        kept = self.hour < stop
        return replace(self, user=self.user[kept], hour=self.hour[kept])

    def habits_at(self, anchor: int) -> tuple[Ints, Habits]:
        """Return the users active before the hour ``anchor`` and their habits as of then."""
        past = self.before(anchor)
        known, row = np.unique(past.user, return_inverse=True)
        first = np.full(len(known), anchor)
        np.minimum.at(first, row, past.hour)
        recent = past.hour >= anchor - LOOK_DAYS * HOURS
        now = np.full(len(known), anchor)
        return known, of_hours(row[recent], past.hour[recent], now, anchor - first)

    def following(self, users: Ints, anchor: int) -> Floats:
        """Return who of ``users`` (sorted) is active in the 24 hours from ``anchor``: 0 or 1."""
        coming = (self.hour >= anchor) & (self.hour < anchor + HOURS)
        row = np.searchsorted(users, self.user[coming])
        known = (row < len(users)) & (users[np.minimum(row, len(users) - 1)] == self.user[coming])
        found = np.zeros((len(users), HOURS))
        found[row[known], self.hour[coming][known] - anchor] = 1.0
        return found


def active_hours(user: Ints, hour: Ints) -> ActiveHours:
    """Return the distinct pairs of events' users (from 0) and local hours."""
    pairs = np.unique(np.stack((user, hour)), axis=1)
    return ActiveHours(pairs[0], pairs[1], int(user.max(initial=-1)) + 1)


def fit_activity(log: ActiveHours, start: int, stop: int, seed: int = 0) -> ActivityModel:
    """Return the model of the hours ``[start, stop)``; same log and seed, same model.

    The best is the one whose hours, drawn as likely as it thinks them, hit an active one most.
    """
    log = log.before(stop)
    if stop - start < LEAST_HOURS or not len(log.user):
        return _model(log, start, stop, _Shape(), seed)
    cut = start + int((stop - start) * FIT_SHARE)
    past = log.before(cut)
    moments = [_Moment.at(log, anchor) for anchor in _anchors(cut, stop - HOURS)]
    best, chosen = -np.inf, _Shape()
    for segments in SEGMENTS:
        draft = _model(past, start, cut, _Shape(segments), seed)
        for own, segment in product(OWN, SEGMENT):
            model = replace(draft, own_strength=own, segment_strength=segment)
            weights = _weights(model, moments)
            score = _hit_score(replace(model, weights=weights), moments)
            if score > best:
                best, chosen = score, _Shape(segments, own, segment, weights)
    return _model(log, start, stop, chosen, seed)


@dataclass(slots=True, frozen=True)
class _Shape:
    """What the model of a log is made with."""

    segments: int = 1
    own: float = 100.0
    segment: float = 60.0
    weights: tuple[float, ...] = UNTRAINED


@dataclass(slots=True, frozen=True)
class _Moment:
    """The users known at an anchor, and in which of the next 24 hours they were active."""

    known: Habits
    active: Floats

    @classmethod
    def at(cls, log: ActiveHours, anchor: int) -> Self:
        users, known = log.habits_at(anchor)
        return cls(known, log.following(users, anchor))


def _anchors(first: int, last: int) -> list[int]:
    found: list[int] = np.unique(np.linspace(first, last, MOST_ANCHORS).astype(np.int64)).tolist()
    return found


def _model(log: ActiveHours, start: int, stop: int, shape: _Shape, seed: int) -> ActivityModel:
    recent = log.hour >= stop - LOOK_DAYS * HOURS
    cells = log.user[recent] * HOURS + log.hour[recent] % HOURS
    flat = np.bincount(cells, minlength=log.users * HOURS)
    counts = flat.reshape(-1, HOURS).astype(np.float64)
    profiles, shares = mixture(counts[counts.any(axis=1)], shape.segments, seed)
    week = week_of(log.hour, start, stop)
    return ActivityModel(profiles, shares, week, shape.own, shape.segment, shape.weights)


def mixture(counts: Floats, segments: int, seed: int) -> tuple[Floats, Floats]:
    """Return profiles float64[s, 24] and shares float64[s] by EM on ``counts`` float64[n, 24].

    A mixture of multinomials (as in Nigam et al. 2000), each smoothed to everybody's profile.
    """
    everybody = (counts.sum(axis=0) + 1.0) / (counts.sum() + HOURS)
    belongs = np.random.default_rng(seed).dirichlet(np.full(segments, 0.5), len(counts))
    for _ in range(_ROUNDS):
        profiles = belongs.T @ counts + _SEGMENT_PRIOR * everybody
        profiles /= profiles.sum(axis=1, keepdims=True)
        shares = (belongs.sum(axis=0) + 1.0) / (len(counts) + segments)
        fits = counts @ np.log(profiles).T + np.log(shares)
        belongs = np.exp(fits - fits.max(axis=1, keepdims=True))
        belongs /= belongs.sum(axis=1, keepdims=True)
    return profiles, shares


def week_of(hour: Ints, start: int, stop: int) -> Floats:
    """Return log ratios float64[7, 24]: activity in an hour of a weekday against the average day.

    ``hour``: local hours of activity in ``[start, stop)``; little data says 0.
    """
    cells = np.bincount(week_cell(hour), minlength=7 * HOURS).reshape(7, HOURS)
    lived = np.bincount(week_cell(np.arange(start, stop)), minlength=7 * HOURS).reshape(7, HOURS)
    return week_ratio(cells.astype(np.float64), lived.astype(np.float64))


def _weights(model: ActivityModel, moments: list[_Moment]) -> tuple[float, ...]:
    rows = [np.stack([t.ravel() for t in terms(model, each.known)], axis=1) for each in moments]
    label = np.concatenate([each.active.ravel() for each in moments])
    if not 0 < label.sum() < len(label):
        return UNTRAINED
    every = -(-len(label) // MOST_ROWS)
    fitted = LogisticRegression(C=10.0, max_iter=300)
    fitted.fit(np.concatenate(rows)[::every], label[::every])
    return (float(fitted.intercept_[0]), *fitted.coef_[0].tolist())


def _hit_score(model: ActivityModel, moments: list[_Moment]) -> float:
    """Mean log of the probability that an hour drawn in proportion is an active one."""
    scores = []
    for each in moments:
        someone = each.active.any(axis=1)
        p = active(model, each.known)[someone]
        hit = (p * each.active[someone]).sum(axis=1) / p.sum(axis=1)
        scores.append(np.log(np.maximum(hit, 1e-12)))
    every = np.concatenate(scores)
    return float(every.mean()) if len(every) else 0.0
