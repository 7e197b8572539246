"""With context, without it, and with another user's: the same learner, the same splits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle.bundle import Bundle
from models.bundle.experts import guess, recognise
from models.dataset import Dataset
from models.evaluate.context.measures import Measured, Pairs, gains, measured
from models.features import CONTRACT
from models.metrics.on_dataset import (
    CONTEXT_COLUMNS,
    CONTEXT_PAIR,
    score_dataset,
    shuffled_context,
)
from models.scene.measure import against_baselines
from models.scene.rules import scene_labels, told_scene
from models.train.columns import COLUMNS
from models.train.train import Draft, draft_bundle
from schemas.vocabulary import Scene

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TRAIN, LATER = 0.6, 0.15
"""Shares of the decisions, in time, that are learnt from and calibrated on; the rest is the test."""
UNSEEN = 5
"""One user in so many, by pseudonym, is never learnt from."""
LEAST_OF_SCENE = 200
"""A scene with fewer pairs has no line of its own."""
_CONTEXT = frozenset((*CONTEXT_COLUMNS, *CONTEXT_PAIR))


@dataclass(slots=True, frozen=True)
class Evidence:
    """Samples, and of a planted world the truth: ``oracles`` by name, ``scene`` of each moment."""

    data: Dataset
    oracles: dict[str, Floats] = field(default_factory=dict)
    scene: NDArray[np.int64] | None = None


@dataclass(slots=True)
class Compared:
    """What came of it; ``mix``: float64[24, scenes], mean scene probabilities by local hour."""

    numbers: dict[str, Any]
    mix: Floats


def without_context() -> dict[str, tuple[str, ...]]:
    """Return the columns of each graph, those of the context expert without the situation."""
    return {
        graph: tuple(name for name in columns if not graph.startswith("context") or not _of(name))
        for graph, columns in COLUMNS.items()
    }


def _of(name: str) -> bool:
    return name in _CONTEXT or name.startswith("scene.")


def compare(evidence: Evidence, seed: int) -> Compared:
    """Train the three variants and measure them on the later part, on seen and unseen users.

    Needs the ``train`` extra.
    """
    data = evidence.data
    train, later, test = blocks(data)
    shuffled = shuffled_context(data, seed)
    drafts = _drafts(data, shuffled, train, later, seed)
    bundle, tested, other = drafts["with"].bundle(), data.take(test), shuffled.take(test)
    scores = {name: _scores(draft.bundle(), other if name == "shuffled" else tested)
              for name, draft in drafts.items()}  # fmt: skip
    fused = {name: each["fused"] for name, each in scores.items()}
    fused["temporal"], fused["context"] = scores["with"]["temporal"], scores["with"]["context"]
    fused |= {name: p[test[data.due]] for name, p in evidence.oracles.items()}
    scene = recognise(bundle, tested.user)
    true = None if evidence.scene is None else evidence.scene[test]
    found = {
        split: _split(
            fused, tested, rows, scene if true is None else np.eye(len(Scene))[true], seed
        )
        for split, rows in _splits(tested).items()
    }
    numbers = {
        "moments": len(tested), "pairs": len(tested.due), "users": len(np.unique(tested.users)),
        "splits": found,
        "fusion": {name: _weights(draft.bundle()) for name, draft in drafts.items()},
        "contests": drafts["with"].contests,
        "scene": _scenes(bundle, tested, data.user[train], true),
    }  # fmt: skip
    return Compared(numbers | verdict(found["all"]), _mix(scene, tested))


def _drafts(
    data: Dataset, shuffled: Dataset, train: Bools, later: Bools, seed: int
) -> dict[str, Draft]:
    """Train the three variants, all as the first was."""
    full = draft_bundle(data.take(train), data.take(later), seed)
    return {
        "with": full,
        "without": draft_bundle(data.take(train), data.take(later), seed, without_context(), full),
        "shuffled": draft_bundle(shuffled.take(train), shuffled.take(later), seed, like=full),
    }


def blocks(data: Dataset) -> tuple[Bools, Bools, Bools]:
    """Return which decisions are learnt from, calibrated on, and tested on.

    Labels are known before the next block begins; the first two hold seen users only.
    """
    now_ms = np.sort(data.now_ms)
    first, second = (int(now_ms[int(share * len(now_ms))]) for share in (TRAIN, TRAIN + LATER))
    resolved_ms, seen = data.now_ms + data.horizon_ms, ~unseen(data)
    return (
        seen & (resolved_ms < first),
        seen & (data.now_ms >= first) & (resolved_ms < second),
        data.now_ms >= second,
    )


def unseen(data: Dataset) -> Bools:
    """Return the decisions of users who are kept out of training."""
    first = np.ascontiguousarray(data.users).view("u1").reshape(-1, 16)[:, 0]
    out: Bools = first % UNSEEN == 0
    return out


def verdict(split: dict[str, Any]) -> dict[str, Any]:
    """Say whether context helps: more than without it, and more than another user's context."""
    sure = {
        metric: all(
            (split["gains"][f"with_over_{other}"][metric]["ci_low"] or 0) > 0
            for other in ("without", "shuffled")
        )
        for metric in ("log_loss", "ndcg@10")
    }
    helps = any(sure.values())
    gain = split["gains"]["with_over_shuffled"]["ndcg@10"]
    numbers = "" if gain["value"] is None else (
        f" NDCG@10 against the shuffled control: {gain['value']:+.4f} "
        f"({gain['ci_low']:+.4f} to {gain['ci_high']:+.4f})."
    )  # fmt: skip
    said = "Context helps on this log." if helps else (
        "Context does not help on this log: the gain over another user's context is within noise."
    )  # fmt: skip
    return {"helps": helps, "verdict": said + numbers}


def _splits(test: Dataset) -> dict[str, Bools]:
    gone = unseen(test)
    return {"all": np.ones(len(test), np.bool_), "later": ~gone, "unseen": gone}


def _scores(bundle: Bundle, data: Dataset) -> dict[str, Floats]:
    return score_dataset(data, bundle)[1]


def _split(
    scores: dict[str, Floats], data: Dataset, chosen: Bools, scene: NDArray[Any], seed: int
) -> dict[str, Any]:
    rows = chosen[data.due]
    _, user = np.unique(data.users[data.due], return_inverse=True)
    pairs = Pairs(data.engaged, data.due, data.item, user).take(rows)
    found = {name: measured(score[rows], pairs, seed) for name, score in scores.items()}
    compared = [("with", "without"), ("with", "shuffled"), ("shuffled", "without")]
    compared += [(name, "without") for name in scores if name == "oracle"]
    told: dict[str, Any] = {
        "pairs": len(pairs.label),
        "scores": {
            name: {m: each.told() for m, each in one.items()} for name, one in found.items()
        },
        "gains": {f"{a}_over_{b}": gains(found[a], found[b]) for a, b in compared},
        "per_scene": _per_scene(scores, data, rows, scene, user, seed),
    }
    if "oracle" in found:
        told["recovered"] = recovered(found)
    return told


def recovered(found: dict[str, dict[str, Measured]]) -> dict[str, Any]:
    """Return which share of the oracle's gain over `without` the expert has, by metric.

    ``told``: of the gain of an oracle that knows every rule, but of the situation what was told.
    """
    shares: dict[str, Any] = {}
    for metric, base in found["without"].items():
        gain = found["with"][metric].minus(base)
        for suffix, name in (("", "oracle"), ("_of_told", "oracle_told")):
            whole = found[name][metric].minus(base)
            shares[metric + suffix] = Measured(
                gain.value / whole.value, gain.drawn / whole.drawn
            ).told()
    return shares


def _per_scene(
    scores: dict[str, Floats], data: Dataset, rows: Bools, scene: NDArray[Any],
    user: NDArray[np.int64], seed: int,
) -> dict[str, Any]:  # fmt: skip
    likeliest = scene.argmax(axis=1)[data.due]
    found: dict[str, Any] = {}
    for one in Scene:
        here = rows & (likeliest == one)
        if here.sum() < LEAST_OF_SCENE:
            continue
        pairs = Pairs(data.engaged, data.due, data.item, user).take(here)
        each = {
            name: measured(scores[name][here], pairs, seed)
            for name in ("with", "without", "shuffled")
        }
        found[one.name.lower()] = {
            "pairs": int(here.sum()),
            "scores": {
                name: {m: v.told()["value"] for m, v in e.items()} for name, e in each.items()
            },
            "with_over_shuffled": gains(each["with"], each["shuffled"]),
        }
    return found


def _scenes(
    bundle: Bundle, test: Dataset, learnt: NDArray[np.float32], true: NDArray[np.int64] | None
) -> dict[str, Any]:
    """The recogniser out of time, on told scenes; in a planted world on the true ones as well."""
    label = told_scene(test.user)
    rows = label >= 0
    guessed = guess(bundle, test.user)
    before = told_scene(learnt)
    before = before[before >= 0] if (before >= 0).any() else scene_labels(learnt)
    found = {"told": against_baselines(guessed[rows], test.user[rows], label[rows], before)}
    if true is not None:
        found["true"] = against_baselines(guessed, test.user, true, before)
    return found


def _weights(bundle: Bundle) -> dict[str, float]:
    weights = bundle.manifest.fusion["pair"]
    return {"lambda_t": weights.lambda_t, "lambda_c": weights.lambda_c, "bias": weights.bias}


def _mix(scene: NDArray[np.floating], data: Dataset) -> Floats:
    hour = np.nan_to_num(data.user[:, CONTRACT.user.index("local_hour")]).astype(np.int64) % 24
    total = np.stack([np.bincount(hour, scene[:, s], 24) for s in range(scene.shape[1])], axis=1)
    mix: Floats = total / np.maximum(np.bincount(hour, minlength=24), 1)[:, None]
    return mix
