"""Fuse the experts' probabilities, by log-odds or by the article's weighted sum."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, Weights
from models.bundle.odds import stack, weighted_sum, with_ranker
from schemas.tables import CandidateSet
from streams.knowledge.shared import Shared
from streams.settings import Settings

Floats = NDArray[np.float64]
FALLBACK_MOST = 0.1
"""The probability of a pair that its sources are sure of when no expert could speak."""


def fuse(
    candidates: CandidateSet, bundle: Bundle | None, shared: Shared, settings: Settings
) -> CandidateSet:
    """Return the pairs with ``h``: finite and in [0, 1] whatever the experts gave."""
    missing = np.full(len(candidates), np.nan)
    h_t = missing if candidates.h_t is None else candidates.h_t
    h_c = missing if candidates.h_c is None else candidates.h_c
    chosen = weights(bundle, shared, settings)
    h = blend(h_t, h_c, candidates.source_score, chosen, settings.fusion)
    ranked = rank_weights(bundle, settings)
    if candidates.h_r is not None and ranked is not None:
        h = with_ranker(h, h_t, h_c, candidates.h_r, ranked)
    return replace(candidates, h=h)


def blend(
    h_t: Floats,
    h_c: Floats,
    source_score: NDArray[np.floating],
    weights: Weights,
    rule: Literal["log_odds", "weighted_sum"] = "log_odds",
) -> Floats:
    """Return the fused probability, element by element.

    One expert missing (NaN): the other's probability alone. Both missing: the source score,
    scaled down to at most `FALLBACK_MOST` so that it keeps its order and promises little.
    """
    fused = stack(h_t, h_c, weights) if rule == "log_odds" else weighted_sum(h_t, h_c, weights)
    one = np.where(np.isnan(h_t), h_c, h_t)
    modest = np.nan_to_num(source_score.astype(np.float64)).clip(0.0, 1.0) * FALLBACK_MOST
    fused = np.where(np.isnan(h_t) | np.isnan(h_c), one, fused)
    return np.where(np.isnan(fused), modest, fused).clip(0.0, 1.0)


def degraded(candidates: CandidateSet) -> NDArray[np.bool_]:
    """Return which pairs were scored without one expert or both."""
    gone = np.ones(len(candidates), np.bool_)
    without_t = gone if candidates.h_t is None else np.isnan(candidates.h_t)
    without_c = gone if candidates.h_c is None else np.isnan(candidates.h_c)
    return without_t | without_c


def weights(
    bundle: Bundle | None,
    shared: Shared | None,
    settings: Settings,
    level: Literal["pair", "user"] = "pair",
) -> Weights:
    """Return the numbers to fuse with: the settings win over the epoch, that over the bundle."""
    shipped = None if bundle is None else bundle.manifest.fusion.get(level)
    base = shipped or Weights()
    epoch = None if shared is None or level == "user" else shared.epoch
    learned = [getattr(epoch, name, None) for name in ("lambda_t", "lambda_c", "bias")]
    told = [settings.lambda_t, settings.lambda_c, None]
    known = [base.lambda_t, base.lambda_c, base.bias]
    chosen = [_first(*each) for each in zip(told, learned, known, strict=True)]
    return Weights(lambda_t=chosen[0], lambda_c=chosen[1], bias=chosen[2])


def rank_weights(bundle: Bundle | None, settings: Settings) -> Weights | None:
    """Return the numbers to fuse with where the ranker has its say; None: it has none.

    It adds its log-odds, so the article's sum goes without it.
    """
    shipped = None if bundle is None else bundle.manifest.fusion.get("ranked")
    if shipped is None or settings.fusion != "log_odds":
        return None
    told = (settings.lambda_t, settings.lambda_c, settings.lambda_r)
    known = (shipped.lambda_t, shipped.lambda_c, shipped.lambda_r)
    l_t, l_c, l_r = (_first(mine, None, theirs) for mine, theirs in zip(told, known, strict=True))
    return Weights(lambda_t=l_t, lambda_c=l_c, bias=shipped.bias, lambda_r=l_r) if l_r else None


def ranked_pairs(candidates: CandidateSet) -> NDArray[np.bool_]:
    """Return in which pairs the ranker joined the experts: all three had something to say."""
    columns = (candidates.h_t, candidates.h_c, candidates.h_r)
    joined = np.ones(len(candidates), np.bool_)
    for column in columns:
        joined &= False if column is None else ~np.isnan(column)
    return joined


def _first(told: float | None, learned: float | None, shipped: float) -> float:
    if told is not None:
        return told
    return shipped if learned is None else learned
