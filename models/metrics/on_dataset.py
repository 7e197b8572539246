"""Measure a bundle on labelled samples, with the control that keeps context honest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle.bundle import Bundle
from models.bundle.experts import calibrated, guess, score_pairs, score_users
from models.bundle.manifest import Weights
from models.bundle.odds import stack, with_ranker
from models.bundle.ranking import rank_pairs
from models.dataset.dataset import Dataset
from models.features import (
    CONTRACT,
    context_fields,
    language,
    near_shops,
    near_stock,
    scene_weights,
    season,
    window_counts,
)
from models.metrics.probabilities import measure, within_auc
from models.metrics.ranking import ranking
from models.scene.measure import against_baselines
from models.scene.rules import told_scene

Floats = NDArray[np.float64]
CONTEXT_COLUMNS = (
    *context_fields.NAMES,
    *scene_weights.NAMES,
    *season.NAMES,
    *(name for name in window_counts.NAMES if name.startswith("app_minutes")),
)
"""User columns that are context and nothing else: the control shuffles them between users."""
CONTEXT_PAIR = (*near_shops.NAMES, *near_stock.NAMES, *language.NAMES)
"""Pair columns that look at where the user is: the control shuffles them as well."""


def evaluate_dataset(dataset: Dataset, bundle: Bundle, seed: int = 0) -> dict[str, Any]:
    """Return metrics by level (user, pair) and score (temporal, context, fused), and of ranking.

    ``moments`` are all samples, ``decisions`` those with something to push.

    ``experts``: the fusion of temporal and context where a ranker joins them in ``fused``; in the
    ranking what nobody offered counts as missed.

    ``context_shuffled``: the context expert fed with another user's situation; what it keeps is
    not context. Numbers that cannot be had (one class absent) are None.
    """
    user, pair = score_dataset(dataset, bundle)
    other_user, other_pair = score_dataset(shuffled_context(dataset, seed), bundle)
    clock = dataset.user[:, CONTRACT.user.index("local_hour")]
    hour = np.nan_to_num(clock, nan=-1).astype(np.int64)
    active = dataset.user[:, CONTRACT.user.index("any_1d")] > 0
    at_user = {name: measure(score, dataset.acted) for name, score in user.items()}
    at_user["context_shuffled"] = measure(other_user["context"], dataset.acted)
    at_pair = {name: measure(score, dataset.engaged) for name, score in pair.items()}
    at_pair["context_shuffled"] = measure(other_pair["context"], dataset.engaged)
    one = np.zeros(int(active.sum()), np.int64)
    ranked: dict[str, NDArray[Any]] = {**pair, "source_score": dataset.source_score}
    return {
        "moments": len(dataset),
        "decisions": len(np.unique(dataset.due)),
        "pairs": len(dataset.due),
        "user": at_user,
        "scene": _scenes(dataset, bundle),
        "user_within_hour_auc": within_auc(user["fused"], dataset.acted, hour),
        "user_active_auc": within_auc(user["fused"][active], dataset.acted[active], one),
        "pair": at_pair,
        "ranking": {
            name: ranking(score, dataset.engaged, dataset.due, dataset.item, dataset.wanted)
            for name, score in ranked.items()
        },
    }


def _scenes(dataset: Dataset, bundle: Bundle) -> dict[str, Any]:
    """The recogniser on moments whose scene a producer told, against the majority and the rules."""
    told = told_scene(dataset.user)
    user, label = dataset.user[told >= 0], told[told >= 0]
    return against_baselines(guess(bundle, user), user, label, label)


def score_dataset(dataset: Dataset, bundle: Bundle) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return calibrated temporal, context and fused scores of the decisions and of the pairs."""
    users = score_users(bundle, dataset.user, dataset.steps)
    both = (
        calibrated(bundle, "temporal_user", users.temporal),
        calibrated(bundle, "context_user", users.context),
    )
    h_t, h_c = score_pairs(bundle, users, dataset.user, dataset.pair, dataset.due)
    pair = _named(bundle, "pair", h_t, h_c)
    h_r = rank_pairs(bundle, users, dataset.user, dataset.offered())
    if h_r is not None:
        pair |= {"rank": h_r, "experts": pair["fused"]}
        ranked = bundle.manifest.fusion.get("ranked")
        if ranked is not None:
            pair["fused"] = with_ranker(pair["fused"], h_t, h_c, h_r, ranked)
    return _named(bundle, "user", *both), pair


def shuffled_context(dataset: Dataset, seed: int) -> Dataset:
    """Return the dataset with every user in another user's situation."""
    rng = np.random.default_rng(seed)
    user = _shuffled(dataset.user, _places(CONTRACT.user, CONTEXT_COLUMNS), rng)
    pair = _shuffled(dataset.pair, _places(CONTRACT.pair, CONTEXT_PAIR), rng)
    return replace(dataset, user=user, pair=pair)


def _places(names: tuple[str, ...], wanted: tuple[str, ...]) -> NDArray[np.intp]:
    return np.array([names.index(name) for name in wanted], np.intp)


def _shuffled(
    rows: NDArray[np.float32], columns: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.float32]:
    """The rows with these columns of another row."""
    shuffled, other = rows.copy(), rng.permutation(len(rows))
    shuffled[:, columns] = rows[np.ix_(other, columns)]
    return shuffled


def _named(bundle: Bundle, level: str, h_t: Floats, h_c: Floats) -> dict[str, Floats]:
    weights = bundle.manifest.fusion.get(level, Weights())
    fused = stack(h_t, h_c, weights)
    alone = np.where(np.isnan(h_t), h_c, h_t)
    return {
        "temporal": h_t,
        "context": h_c,
        "fused": np.where(np.isnan(fused), alone, fused),
    }
