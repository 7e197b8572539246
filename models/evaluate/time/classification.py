"""Who acts, and how soon: every target out of time, and with users never seen in training.

Trained on the first two thirds of the days with labels resolved by then, measured on the rest.
What is chosen or fitted (trees, blend, calibration) is chosen on later days of the training time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluate.time.baselines import baselines
from models.evaluate.time.chapter import chapter
from models.evaluate.time.findings import Findings
from models.evaluate.time.log import EventLog
from models.evaluate.time.targets import labelled
from models.metrics.intervals import Sample, log_loss_gain, measures, reliability
from models.train.temporal.expert import MEMBERS, Expert, Later, fit_expert, look_later
from models.train.temporal.members import TREES
from models.train.temporal.moments import Moments, joined
from models.train.temporal.recurrent import Recurrent

Floats = NDArray[np.float64]
FOLDS = 5
ACTIVE = "any_1h"
"""The feature that says whether a user was active in the last hour."""


@dataclass(slots=True, frozen=True)
class Scored:
    """Test moments with the probabilities of models and baselines: name -> float64[n, targets]."""

    moments: Moments
    until: int
    scores: dict[str, Floats]


def classification(log: EventLog, unseen: EventLog | None, seed: int) -> Findings:
    """Return the measures of every target and of its baselines.

    Raises:
        ParityError: an exported graph differs from its trainer.
    """
    moments, until = labelled(log), log.test_hour
    train = moments.take(moments.hour < until)
    later = look_later(train, until, Recurrent(), seed)
    recipe = later.recipe(np.ones(len(later.moments), np.bool_))
    expert = fit_expert(train, until, recipe, Recurrent(), seed)
    on_time = _scored(expert, train, until, moments.take(moments.hour >= until))
    disjoint = _disjoint(moments, until, later, seed)
    numbers = {
        target: _numbers(on_time, disjoint, i, log.hours, seed)
        for i, target in enumerate(moments.targets)
    }
    test: dict[str, Any] = {}
    if unseen is not None:
        others = labelled(unseen)
        strange = _scored(expert, train, until, others.take(others.hour >= until))
        test = {
            target: _numbers(strange, strange, i, unseen.hours, seed)
            for i, target in enumerate(moments.targets)
        }
    sections = chapter(numbers, test, _described(expert))
    return Findings(numbers, test, sections)


def _scored(expert: Expert, train: Moments, until: int, test: Moments) -> Scored:
    found = expert.score(test)
    for number in range(len(test.targets)):
        for name, score in baselines(train, until, test, number).items():
            found.setdefault(name, np.empty((len(test), len(test.targets))))[:, number] = score
    return Scored(test, until, found)


def _disjoint(moments: Moments, until: int, later: Later, seed: int) -> Scored:
    """Score every user by an expert that was trained without them."""
    fold = np.random.default_rng(seed).permutation(int(moments.user.max()) + 1) % FOLDS
    parts = []
    for number in range(FOLDS):
        train = moments.take((fold[moments.user] != number) & (moments.hour < until))
        test = moments.take((fold[moments.user] == number) & (moments.hour >= until))
        recipe = later.recipe(fold[later.moments.user] != number)
        expert = fit_expert(train, until, recipe, Recurrent(), seed)
        parts.append(_scored(expert, train, until, test))
    scores = {
        name: np.concatenate([part.scores[name] for part in parts]) for name in parts[0].scores
    }
    return Scored(joined([part.moments for part in parts]), until, scores)


def _numbers(on_time: Scored, disjoint: Scored, number: int, end: int, seed: int) -> dict[str, Any]:
    active = on_time.moments.view([ACTIVE])[:, 0] > 0
    everybody = np.ones(len(active), np.bool_)
    time = _measured(on_time, number, everybody, end, seed)
    return {
        "time": time,
        "user_disjoint": _measured(
            disjoint, number, np.ones(len(disjoint.moments), np.bool_), end, seed
        ),
        "active": _measured(on_time, number, active, end, seed),
        "baselines": time["baselines"],
    }


def _measured(
    scored: Scored, number: int, rows: NDArray[np.bool_], end: int, seed: int
) -> dict[str, Any]:
    """The model's measures at the top, those of its members and of the baselines below."""
    moments = scored.moments
    rows = rows & moments.resolved(end)[:, number]
    sample = Sample(moments.label[rows, number], moments.user[rows], moments.hour[rows] % 24)
    scores = {name: score[rows, number] for name, score in scored.scores.items()}
    each = {name: measures(score, sample, seed) for name, score in scores.items()}
    model = each.pop("model")
    members = {name: each.pop(name) for name in MEMBERS}
    gain = log_loss_gain(scores["model"], scores["hour"], sample, seed)
    return model | {
        "log_loss_gain_over_hour": gain,
        "reliability": reliability(scores["model"], sample.label),
        "members": members,
        "baselines": each,
    }


def _described(expert: Expert) -> dict[str, str]:
    """A sentence per target: what was chosen for it."""
    sentences = {}
    recipe = expert.recipe
    targets = expert.members[TREES].graphs
    for target, trees, blend in zip(targets, recipe.trees, recipe.blend, strict=True):
        shares = " + ".join(
            f"{share:.2f} {name}" for share, name in zip(blend, MEMBERS, strict=True)
        )
        sentences[target] = (
            f"{trees.rounds} trees of {trees.leaves} leaves; log-odds blended {shares}."
        )
    return sentences
