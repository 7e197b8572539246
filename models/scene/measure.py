"""How good scene probabilities are against known scenes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scene.rules import rule_labels
from schemas.vocabulary import Scene

UNSURE = 1e-3
"""No scene is ever given less: one surprise must not cost infinitely much."""


def scene_scores(probability: NDArray[np.floating], label: NDArray[np.int64]) -> dict[str, Any]:
    """Return log-loss (nats) and accuracy of float[n, scenes] against `Scene` numbers."""
    p = np.maximum(probability.astype(np.float64), UNSURE)
    p /= p.sum(axis=1, keepdims=True)
    if not len(label):
        return {"rows": 0, "log_loss": None, "accuracy": None}
    return {
        "rows": len(label),
        "log_loss": float(-np.log(p[np.arange(len(label)), label]).mean()),
        "accuracy": float((p.argmax(axis=1) == label).mean()),
    }


def against_baselines(
    model: NDArray[np.floating],
    user: NDArray[np.float32],
    label: NDArray[np.int64],
    train_label: NDArray[np.int64],
) -> dict[str, Any]:
    """Return the scores of the model, of the majority (training shares) and of the rules.

    The rules' probability: what they say with the share of their answers that is right when they
    are sure, the training shares where they are not.
    """
    shares = np.bincount(train_label, minlength=len(Scene)) / max(len(train_label), 1)
    said = rule_labels(user)
    sure = said != Scene.UNKNOWN
    right = float((said[sure] == label[sure]).mean()) if sure.any() else None
    base = np.tile(shares, (len(label), 1))
    rules = base.copy()
    if right is not None:
        rules[sure] = (1 - right) * shares
        rules[sure, said[sure]] += right
    return {
        "model": scene_scores(model, label),
        "majority": scene_scores(base, label),
        "rules": scene_scores(rules, label) | {"sure": float(sure.mean()) if len(said) else None,
                                               "accuracy_when_sure": right},
    }  # fmt: skip
