"""The expert stage: features, scene, then the temporal and the context expert."""

from __future__ import annotations

from dataclasses import replace

from models.bundle import Bundle
from models.bundle.experts import reads_steps, score_pairs, score_users
from models.bundle.ranking import rank_pairs
from models.features import Around, pair_features, user_features, user_steps, whereabouts
from models.features.standing import Offered
from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.shared import Shared
from streams.pipeline.experts.light_pass import light_pass
from streams.pipeline.experts.zones import Texts, zones_of
from streams.pipeline.fusion import rank_weights
from streams.settings import Settings


def score(
    due: DueUsers,
    candidates: CandidateSet,
    bundle: Bundle | None,
    shared: Shared,
    settings: Settings,
    texts: Texts,
) -> tuple[DueUsers, CandidateSet]:
    """Return ``due`` with features, scene and, where the bundle reads them, steps; and the best pairs.

    The pairs have features, h_t and h_c and, where the bundle ranks, h_r.

    ``h_t`` and ``h_c`` are calibrated probabilities, NaN where the expert is missing or failed
    (counted in ``bundle.failures``). Never raises for a model.
    """
    zones = zones_of(due.state, texts, settings.default_timezone)
    where = whereabouts(due.state, texts)
    user = user_features(due.state, due.now_ms, zones, where, settings.half_lives_h)
    steps = user_steps(due.state, due.now_ms, zones) if reads_steps(bundle) else None
    users = score_users(bundle, user, steps)
    best = light_pass(candidates, settings.candidates_scored)
    attributes = shared.catalogue.attributes(best.item, due.reached_ms[best.due])
    pair = pair_features(
        due.state, best.due, best.item, best.category, attributes, best.source_score, due.now_ms,
        shared.facts_of,
        Around(zones, where, shared.catalogue.places),
    )  # fmt: skip
    h_t, h_c = score_pairs(bundle, users, user, pair, best.due)
    h_r = None
    if best.by_source is not None and rank_weights(bundle, settings) is not None:
        offered = Offered(best.due, best.item, pair, best.by_source, best.source_score)
        h_r = rank_pairs(bundle, users, user, offered)
    return (
        replace(due, features=user, scene=users.scene, steps=steps),
        replace(best, features=pair, h_t=h_t, h_c=h_c, h_r=h_r),
    )
