"""The article's question: the probability that a user acts within the horizon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.bundle.experts import calibrated, reads_steps, score_users
from models.features import user_features, user_steps, whereabouts
from schemas.state import UserState
from streams.knowledge.shared import Shared
from streams.pipeline.experts.zones import Texts, zones_of
from streams.pipeline.fusion.fuse import blend, weights
from streams.settings import Settings


def user_score(
    state: UserState,
    now_ms: NDArray[np.int64],
    bundle: Bundle | None,
    shared: Shared | None,
    settings: Settings,
    texts: Texts,
) -> NDArray[np.float64]:
    """Return the fused, calibrated P(user acts) of each user: float64[n], finite, in [0, 1]."""
    zones = zones_of(state, texts, settings.default_timezone)
    where = whereabouts(state, texts)
    features = user_features(state, now_ms, zones, where, settings.half_lives_h)
    steps = user_steps(state, now_ms, zones) if reads_steps(bundle) else None
    users = score_users(bundle, features, steps)
    h_t = calibrated(bundle, "temporal_user", users.temporal)
    h_c = calibrated(bundle, "context_user", users.context)
    fallback = np.zeros(len(state))
    return blend(h_t, h_c, fallback, weights(bundle, shared, settings, "user"), settings.fusion)
