"""When to speak: is the hour that we would choose one in which the user is active.

At anchors in the test block, the 24 hours to come are ranked for every user who was active before
and is active in them; hit@k is the share of users active in one of the k hours ranked first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.evaluate.page import Block, Plot, Section, Table, Text, draw
from models.evaluate.time.findings import Findings
from models.evaluate.time.log import EventLog
from models.features.calendar import HOUR_MS, zone_table
from models.sendtime.activity import HOURS, ActivityModel, Floats, Ints
from models.sendtime.fit import ActiveHours, active_hours, fit_activity
from models.sendtime.habits import Habits
from models.sendtime.predict import active
from schemas.vocabulary import DEEDS, among

SHORT_LOG_H = 30 * HOURS
SHORT_STEP_H, LONG_STEP_H = 6, 72
"""Anchors of a short log every six hours, of a long one every third midnight."""
DIRICHLET = 10.0
"""Strength of the plain per-user profile that the model is compared with."""
DRAWS = 500

_ABOUT = (
    "At each anchor the 24 hours to come are ranked for every user who was active before it and "
    "is active in them. hit@k: was the user active in one of the k hours ranked first? Global: "
    "everybody's profile by local hour. Per user: empirical Bayes to the global profile, strength "
    "{:g}. Model: segments, two-step shrinkage, rate, weekday and recency, all chosen on training "
    "days. Gains are against the global profile, their interval from drawing users anew."
)


@dataclass(slots=True, frozen=True)
class Ranked:
    """Hits of one ranking at all anchors, and whose they are."""

    user: Ints
    first: Floats
    third: Floats


def send_time(log: EventLog, unseen: EventLog | None, seed: int) -> Findings:
    """Return ``send_time.hit1``, ``hit3`` and those of the baselines."""
    hours, (start, test, _) = _hours(log), _bounds(log)
    model = fit_activity(hours, start, test, seed)
    found = _measured(model, log, seed)
    blocks: list[Block] = [Text(_ABOUT.format(DIRICHLET)), _table(found), _plot(model)]
    sections = [Section("When to speak", blocks)]
    test_numbers: dict[str, Any] = {}
    if unseen is not None:
        test_numbers = {"send_time": _measured(model, unseen, seed)}
        sections.append(Section("When to speak: unseen users", [_table(test_numbers["send_time"])]))
    return Findings({"send_time": found}, test_numbers, tuple(sections))


def _hours(log: EventLog) -> ActiveHours:
    lived = among(log.kind, DEEDS)
    return active_hours(log.user[lived], _local_h(log, log.ts_ms[lived]))


def _local_h(log: EventLog, ts_ms: Ints) -> Ints:
    if not len(ts_ms):
        return ts_ms
    _, table = zone_table([log.zone], int(ts_ms.min()), int(ts_ms.max()))
    offset: Ints = table.offset_ms(np.zeros(len(ts_ms), np.int64), ts_ms)
    return (ts_ms + offset) // HOUR_MS


def _bounds(log: EventLog) -> tuple[int, int, int]:
    """Local hours at which the log begins, its test block begins, and it ends."""
    start = int(_local_h(log, np.array([log.start_ms]))[0])
    return start, start + log.test_hour, start + log.hours


def _measured(model: ActivityModel, log: EventLog, seed: int) -> dict[str, Any]:
    hours, (_, test, stop) = _hours(log), _bounds(log)
    step = SHORT_STEP_H if log.hours <= SHORT_LOG_H else LONG_STEP_H
    anchors = range(test, stop - HOURS + 1, step)
    scores: dict[str, list[Ranked]] = {"model": [], "global": [], "per_user": []}
    for anchor in anchors:
        users, known = hours.habits_at(anchor)
        happened = hours.following(users, anchor)
        ranked = {
            "model": active(model, known),
            "global": _ahead(_everybody(known), known),
            "per_user": _ahead(_dirichlet(known), known),
        }
        for name, score in ranked.items():
            scores[name].append(_hits(users, score, happened))
    every = {name: _joined(parts) for name, parts in scores.items()}
    return _numbers(every, len(anchors), seed)


def _everybody(known: Habits) -> Floats:
    total = known.counts.sum(axis=0) + 0.5
    return np.broadcast_to(total / total.sum(), known.counts.shape)


def _dirichlet(known: Habits) -> Floats:
    total = known.counts.sum(axis=1, keepdims=True)
    shrunk: Floats = (known.counts + DIRICHLET * _everybody(known)) / (total + DIRICHLET)
    return shrunk


def _ahead(profile: Floats, known: Habits) -> Floats:
    """A profile by local hour, in the order of the hours ahead."""
    hour = (known.hour[:, None] + np.arange(HOURS)) % HOURS
    return np.take_along_axis(profile, hour, axis=1)


def _hits(users: Ints, score: Floats, happened: Floats) -> Ranked:
    """Hits of those who were active at all; equal scores rank the earlier hour first."""
    there = happened.any(axis=1)
    order = np.argsort(-score[there], axis=1, kind="stable")
    hit = np.take_along_axis(happened[there], order, axis=1)
    return Ranked(users[there], hit[:, 0], hit[:, :3].max(axis=1))


def _joined(parts: list[Ranked]) -> Ranked:
    columns = zip(*((part.user, part.first, part.third) for part in parts), strict=True)
    return Ranked(*(np.concatenate(column) for column in columns))


def _numbers(every: dict[str, Ranked], anchors: int, seed: int) -> dict[str, Any]:
    found = {
        name: {"hit1": _mean(ranked.first), "hit3": _mean(ranked.third)}
        for name, ranked in every.items()
    }
    model = every["model"]
    return found.pop("model") | {
        "count": len(model.user),
        "anchors": anchors,
        "hit1_gain_over_global": _gain(model.user, model.first - every["global"].first, seed),
        "baselines": found,
    }


def _mean(hits: Floats) -> float | None:
    return float(hits.mean()) if len(hits) else None


def _gain(user: Ints, difference: Floats, seed: int) -> dict[str, float | None]:
    """Mean difference with a 95% interval: users drawn anew, all their anchors together."""
    if not len(user):
        return {"gain": None, "ci_low": None, "ci_high": None}
    _, row = np.unique(user, return_inverse=True)
    total, count = np.bincount(row, difference), np.bincount(row)
    drawn = np.random.default_rng(seed).integers(0, len(total), (DRAWS, len(total)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975)).tolist()
    return {"gain": float(difference.mean()), "ci_low": low, "ci_high": high}


def _table(found: dict[str, Any]) -> Table:
    rows = [("model", found["hit1"], found["hit3"])]
    rows += [(name, each["hit1"], each["hit3"]) for name, each in found["baselines"].items()]
    gain = found["hit1_gain_over_global"]
    caption = f"{found['count']:,} users at {found['anchors']} anchors"
    if gain["gain"] is not None:
        caption += (
            f"; hit@1 over global {gain['gain']:+.4f} "
            f"({gain['ci_low']:+.4f} to {gain['ci_high']:+.4f})"
        )
    return Table(("", "hit@1", "hit@3"), rows, caption)


def _plot(model: ActivityModel) -> Plot:
    def paint(axes: Any) -> None:
        for share, profile in sorted(zip(model.shares.tolist(), model.segments, strict=True),
                                     key=lambda each: -each[0]):  # fmt: skip
            axes.plot(range(HOURS), profile, linewidth=1 + 4 * share, alpha=0.7)
        axes.plot(range(HOURS), model.average(), color="black", linestyle="--")
        axes.set_xlabel("local hour")
        axes.set_ylabel("share of activity")

    return draw(paint, "Segments of users by local hour, wider lines for more users; dashed: all.")
