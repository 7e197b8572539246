"""Run a bundle's experts over users and pairs: ``h = P(user acts) * P(item | acts)``.

The pipeline, training and evaluation all score through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.bundle.bundle import Bundle
from models.bundle.manifest import NET, SCENE_COLUMNS, Platt, Weights
from models.bundle.odds import calibrate, stack
from models.features import CONTRACT, standing
from schemas.vocabulary import Scene

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]
_Place = tuple[NDArray[np.intp], NDArray[np.intp]]
EXPERTS = ("temporal", "context")
_TOLD = CONTRACT.user.index("scene_told")


@dataclass(slots=True, frozen=True)
class UserScores:
    """``scene`` float32[n, scenes]; P(user acts) by the temporal and the context expert, raw."""

    scene: Rows
    temporal: Floats
    context: Floats


def design(
    columns: tuple[str, ...],
    user: Rows,
    scene: Rows,
    pair: Rows | None = None,
    due: NDArray[np.int64] | None = None,
) -> Rows:
    """Return the named columns as float32[rows, columns]; users are repeated for pairs by ``due``.

    Columns are user features, ``scene.*`` or, where ``pair`` is given, pair features, behind which
    `standing.NAMES` may stand.
    """
    of_user, of_pair = _places(columns, pair is not None)
    told = np.concatenate((user, scene), axis=1)[:, of_user[1]]
    if pair is None:
        return told
    out = np.empty((len(pair), len(columns)), np.float32)
    out[:, of_user[0]] = told if due is None else told[due]
    out[:, of_pair[0]] = pair[:, of_pair[1]]
    return out


@lru_cache(maxsize=64)
def _places(columns: tuple[str, ...], with_pairs: bool) -> tuple[_Place, _Place]:
    """Where the columns of users (with their scene) and of pairs go, and where they come from."""
    pairs = [i for i, name in enumerate(columns) if with_pairs and name in _PAIR]
    users = [i for i in range(len(columns)) if i not in set(pairs)]
    return (
        (np.array(users, np.intp), np.array([_TOLD_OF_USER[columns[i]] for i in users], np.intp)),
        (np.array(pairs, np.intp), np.array([_PAIR[columns[i]] for i in pairs], np.intp)),
    )


def recognise(bundle: Bundle | None, user: Rows) -> Rows:
    """Return the scene vector of each user: float32[n, scenes], rows sum to 1.

    A scene that the producer told lately is taken as told; without a scene model the rest is
    unknown.
    """
    return settle(guess(bundle, user), user)


def guess(bundle: Bundle | None, user: Rows) -> Rows:
    """Return what the scene model alone says, whatever a producer told: float32[n, scenes]."""
    unknown = np.zeros((len(user), len(Scene)), np.float32)
    unknown[:, Scene.UNKNOWN] = 1.0
    found = run_graph(bundle, "scene", user, unknown)
    if found is None:
        return unknown
    broken = np.isnan(found).any(axis=1, keepdims=True)
    return np.where(broken, unknown, found)


def settle(scene: Rows, user: Rows) -> Rows:
    """Return ``scene`` with a certain row for each user whose producer told it."""
    told = user[:, _TOLD]
    known = ~np.isnan(told)
    settled = scene.copy()
    settled[known] = np.eye(len(Scene), dtype=np.float32)[told[known].astype(np.int64)]
    return settled


def reads_steps(bundle: Bundle | None) -> bool:
    """Whether `score_users` needs the users' steps. Without a bundle nobody knows: yes.

    So what a worker's bundle never asks for costs nothing, and training sees everything.
    """
    return bundle is None or bundle.has(NET)


def score_users(bundle: Bundle | None, user: Rows, steps: Rows | None = None) -> UserScores:
    """Return scenes and raw P(user acts); NaN where an expert is missing or failed.

    ``steps``: float32[n, steps, channels], see `reads_steps`. The temporal expert is the trees,
    blended with the net where the bundle has one; it has failed if either has.
    """
    scene = recognise(bundle, user)
    temporal = _known(run_graph(bundle, "temporal_user", user, scene), len(user))
    context = _known(run_graph(bundle, "context_user", user, scene), len(user))
    if bundle is not None and bundle.has(NET):
        net = _known(run_graph(bundle, NET, user, scene, steps=steps), len(user))
        temporal = stack(temporal, net, shares(bundle.manifest.net_share))
    return UserScores(scene, temporal, context)


def _known(found: Rows | None, count: int) -> Floats:
    return np.full(count, np.nan) if found is None else found.astype(np.float64)


def shares(net: float) -> Weights:
    """Return the weights of trees and net in the log-odds: a mean, without a bias."""
    return Weights(lambda_t=1.0 - net, lambda_c=net, bias=0.0)


def flatten(features: Rows, steps: Rows) -> Rows:
    """Return a net's input: float32[n, columns + steps * channels], steps row after row."""
    return np.concatenate([features, steps.reshape(len(steps), -1)], axis=1)


def score_pairs(
    bundle: Bundle | None, users: UserScores, user: Rows, pair: Rows, due: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return the calibrated ``(h_t, h_c)`` of each pair, NaN where an expert is missing."""
    h_t, h_c = raw_pairs(bundle, users, user, pair, due)
    return calibrated(bundle, "temporal", h_t), calibrated(bundle, "context", h_c)


def raw_pairs(
    bundle: Bundle | None, users: UserScores, user: Rows, pair: Rows, due: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return ``P(acts) * P(item | acts)`` of each pair by both experts, not calibrated."""
    scores = []
    for expert, acts in zip(EXPERTS, (users.temporal, users.context), strict=True):
        item = run_graph(bundle, f"{expert}_item", user, users.scene, pair, due)
        if item is None:
            scores.append(np.full(len(pair), np.nan))
        else:
            scores.append(acts[due] * item.astype(np.float64))
    return scores[0], scores[1]


def calibrated(bundle: Bundle | None, level: str, raw: Floats) -> Floats:
    """Return ``raw`` after the calibration that the manifest names for ``level``."""
    platt = Platt() if bundle is None else bundle.manifest.calibration.get(level, Platt())
    return calibrate(raw, platt)


def run_graph(
    bundle: Bundle | None,
    graph: str,
    user: Rows,
    scene: Rows,
    pair: Rows | None = None,
    due: NDArray[np.int64] | None = None,
    steps: Rows | None = None,
) -> Rows | None:
    """Return the graph's output, or None where it is missing; a failure is counted, not raised."""
    if bundle is None or not bundle.has(graph):
        return None
    try:
        rows = design(bundle.manifest.graphs[graph].columns, user, scene, pair, due)
        out = bundle.run(graph, rows if steps is None else flatten(rows, steps))
    except Exception:  # a model that cannot score degrades the decision, it must not stop it
        bundle.failures[graph] += 1
        return None
    broken = ~np.isfinite(out)
    if broken.any():  # row by row: nobody's score may depend on who else is in the batch
        bundle.failures[graph] += 1
        out = np.where(broken, np.float32(np.nan), out)
    return out.clip(0.0, 1.0)


_TOLD_OF_USER = {name: i for i, name in enumerate((*CONTRACT.user, *SCENE_COLUMNS))}
_PAIR = {name: i for i, name in enumerate((*CONTRACT.pair, *standing.NAMES))}
