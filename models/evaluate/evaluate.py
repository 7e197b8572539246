"""Measure a bundle on labelled samples, with the control that keeps context honest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle.bundle import Bundle
from models.bundle.experts import calibrated, score_pairs, score_users
from models.bundle.manifest import Weights
from models.bundle.odds import stack
from models.dataset.dataset import Dataset
from models.evaluate.probabilities import measure, within_auc
from models.evaluate.ranking import ranking
from models.features import CONTRACT, context_fields, window_counts

Floats = NDArray[np.float64]
CONTEXT_COLUMNS = (
    *context_fields.NAMES,
    *(name for name in window_counts.NAMES if name.startswith("app_minutes")),
)
"""User columns that are context and nothing else: the control shuffles them between users."""


def evaluate_dataset(dataset: Dataset, bundle: Bundle, seed: int = 0) -> dict[str, Any]:
    """Return metrics by level (user, pair) and score (temporal, context, fused), and of ranking.

    ``moments`` are all samples, ``decisions`` those with something to push.

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
        "user_within_hour_auc": within_auc(user["fused"], dataset.acted, hour),
        "user_active_auc": within_auc(user["fused"][active], dataset.acted[active], one),
        "pair": at_pair,
        "ranking": {
            name: ranking(score, dataset.engaged, dataset.due, dataset.item)
            for name, score in ranked.items()
        },
    }


def score_dataset(dataset: Dataset, bundle: Bundle) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return calibrated temporal, context and fused scores of the decisions and of the pairs."""
    users = score_users(bundle, dataset.user)
    both = (
        calibrated(bundle, "temporal_user", users.temporal),
        calibrated(bundle, "context_user", users.context),
    )
    h_t, h_c = score_pairs(bundle, users, dataset.user, dataset.pair, dataset.due)
    return _named(bundle, "user", *both), _named(bundle, "pair", h_t, h_c)


def shuffled_context(dataset: Dataset, seed: int) -> Dataset:
    """Return the dataset with every user in another user's situation."""
    columns = np.array([CONTRACT.user.index(name) for name in CONTEXT_COLUMNS])
    user = dataset.user.copy()
    other = np.random.default_rng(seed).permutation(len(user))
    user[:, columns] = dataset.user[np.ix_(other, columns)]
    return replace(dataset, user=user)


def _named(bundle: Bundle, level: str, h_t: Floats, h_c: Floats) -> dict[str, Floats]:
    weights = bundle.manifest.fusion.get(level, Weights())
    fused = stack(h_t, h_c, weights)
    alone = np.where(np.isnan(h_t), h_c, h_t)
    return {
        "temporal": h_t,
        "context": h_c,
        "fused": np.where(np.isnan(fused), alone, fused),
    }
