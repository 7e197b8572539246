"""Which models run on a task."""

from __future__ import annotations

from models.evaluate.items.task import Task
from models.items import (
    ItemModel,
    Training,
    content,
    cosine,
    factors,
    own,
    popular,
    ridge,
    session_neighbours,
    transitions,
    user_neighbours,
)


def fit_models(task: Task, training: Training) -> dict[str, ItemModel]:
    """Return the models by name, in a fixed order."""
    follow = transitions.fit(training)
    models: dict[str, ItemModel] = {
        "popularity": popular.fit(training),
        "cosine": cosine.fit(training),
        "transitions": follow,
        "last_item": follow.with_decay(0.3),
        "ease": ridge.fit(training),
        "session_neighbours": session_neighbours.fit(training),
    }
    described = content.fit(training)
    if described is not None:
        models["content"] = described
    if task.repeats:
        mine = own.fit(training)
        models["own_recent"] = mine.with_decay(0.5)
        models["own_counts"] = mine.with_decay(0.95)
    return models


def fit_baselines(training: Training, seed: int) -> dict[str, ItemModel]:
    """Return what takes long to fit: matrix factorisation, users alike, a GRU."""
    from models.items import recurrent

    return {
        "als": factors.fit(training, seed),
        "user_neighbours": user_neighbours.fit(training),
        "gru": recurrent.fit(training, seed),
    }


def fit_content(training: Training) -> dict[str, ItemModel]:
    """Return items alike by what describes them, as a baseline for where only sources propose."""
    described = content.fit(training)
    return {} if described is None else {"content_based": described}
