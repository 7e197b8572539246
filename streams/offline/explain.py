"""Check a decision from its record: features from the log, scores and choice from the record.

DESIGN law 2: live = replay. Bit for bit on the same lock file and CPU family.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, Weights
from models.bundle.experts import score_pairs, score_users
from models.bundle.odds import stack
from models.bundle.ranking import rank_pairs
from models.features import (
    CONTRACT,
    contract_hash,
    user_features,
    user_steps,
    whereabouts,
)
from models.features.standing import Offered
from schemas.decision import CandidateTrace, Decision
from schemas.ids import hash64
from schemas.recommendation import Scores
from schemas.state import NEVER_MS, UserState
from schemas.tables import SourceRecord
from schemas.vocabulary import CANDIDATE_SOURCES
from streams.offline.lives import is_release_of, lives
from streams.pipeline.accept import NO_REFUSALS, Vault, accept, deduplicate, user_of
from streams.pipeline.aggregate import aggregate, unpack_rows
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.allocate.explore import pick
from streams.pipeline.batch.commands import begun_again
from streams.pipeline.experts.zones import zones_of
from streams.pipeline.fusion import blend
from streams.pipeline.policy.personalisation import impersonal_rows
from streams.pipeline.publish.fit import DROPPED
from streams.settings import Settings

_CHUNK = 1_000
_SOURCE_SCORE = CONTRACT.pair.index("source_score")


class Check(msgspec.Struct, kw_only=True):
    """One link of the chain; ``same`` is null where there was nothing to compare with."""

    link: str
    same: bool | None
    detail: str


def explain(
    decision: Decision,
    log: Iterable[SourceRecord],
    bundle: Bundle | None,
    settings: Settings,
    vault: Vault,
) -> list[Check]:
    """Recompute a decision and say of each link whether it holds.

    ``log``: the source records of the decision's partition in merge order; those at or past the
    decision's source offsets are ignored.
    """
    return [
        check_features(decision, log, settings, vault),
        check_scores(decision, bundle, settings),
        check_choice(decision, settings),
    ]


def check_features(
    decision: Decision, log: Iterable[SourceRecord], settings: Settings, vault: Vault
) -> Check:
    """Rebuild the user's facts from the log and compare the feature row, bit for bit."""
    if not decision.features:
        return Check(link="features", same=None, detail="stopped before features were needed")
    if decision.contract != contract_hash(settings.half_lives_h):
        return Check(link="features", same=None, detail="made with another feature contract")
    records = user_records(decision, log, settings, vault)
    told, names = rebuild(records, bytes.fromhex(decision.user), settings, vault)
    state = impersonal_rows(told)
    zones = zones_of(state, names.get, settings.default_timezone)
    now_ms = np.array([decision.now_ms], np.int64)
    where = whereabouts(state, names.get)
    row = user_features(state, now_ms, zones, where, settings.half_lives_h)
    again = row.astype("<f4").tobytes()
    steps = user_steps(state, now_ms, zones).astype("<f4").tobytes() if decision.steps else b""
    if again != decision.features:
        detail = _first_difference(decision.features, again)
        return Check(link="features", same=False, detail=detail)
    if steps != decision.steps:
        return Check(link="features", same=False, detail="the newest events differ")
    return Check(link="features", same=True, detail=f"{len(records)} records")


def check_scores(decision: Decision, bundle: Bundle | None, settings: Settings) -> Check:
    """Run the bundle on the logged features and compare every expert's and the fused score."""
    if not decision.candidates:
        return Check(link="scores", same=None, detail="no candidate reached the experts")
    if dropped := decision.numbers.get(DROPPED):
        return Check(link="scores", same=None, detail=_without(dropped))
    if (bundle.sha256 if bundle else "") != decision.model.sha256:
        return Check(link="scores", same=None, detail="made with another bundle")
    user = _row(decision.features)[None]
    pair = np.stack([_row(each.features) for each in decision.candidates])
    due = np.zeros(len(pair), np.int64)
    steps = _row(decision.steps).reshape(1, -1) if decision.steps else None
    users = score_users(bundle, user, steps)
    h_t, h_c = score_pairs(bundle, users, user, pair, due)
    h_r = rank_pairs(bundle, users, user, _offered(decision, pair))
    h_r = np.full(len(pair), np.nan) if h_r is None else h_r
    logged = [each.scores for each in decision.candidates]
    h = np.array(
        [
            _fused(*row, settings)
            for row in zip(logged, h_t, h_c, h_r, pair[:, _SOURCE_SCORE], strict=True)
        ]
    )
    wrong = [
        each.item_id
        for i, each in enumerate(decision.candidates)
        if not _same_scores(each, h_t[i], h_c[i], h[i], h_r[i])
    ]
    detail = (
        f"{len(wrong)} of {len(pair)} candidates differ" if wrong else f"{len(pair)} candidates"
    )
    return Check(link="scores", same=not wrong, detail=detail)


def check_choice(decision: Decision, settings: Settings) -> Check:
    """Rank the logged candidates again, draw again, and compare the choice."""
    if decision.outcome != "recommended":
        return Check(link="choice", same=None, detail=f"stopped by {decision.rule}")
    if dropped := decision.numbers.get(DROPPED):
        return Check(link="choice", same=None, detail=_without(dropped))
    allowed = sorted((e for e in decision.candidates if e.stopped_by is None), key=_preference)
    rank = pick(UUID(decision.decision_id), len(allowed), settings) if allowed else 0
    again = allowed[rank].item_id if rank < len(allowed) else None
    same = again == decision.chosen_item_id
    return Check(link="choice", same=same, detail=f"rank {rank} of {len(allowed)} allowed")


def _without(dropped: int) -> str:
    return f"{dropped} candidates had no room in the record"


def user_records(
    decision: Decision, log: Iterable[SourceRecord], settings: Settings, vault: Vault
) -> list[SourceRecord]:
    """Return the user's records, and commands about the user, that the decision had seen."""
    user, until = bytes.fromhex(decision.user), decision.source_offsets
    return [
        record
        for record in log
        if record.partition == decision.partition
        and record.offset < until.get(record.topic, 0)
        and (user_of(record, vault) == user or is_release_of(record, user, settings))
    ]


def rebuild(
    records: list[SourceRecord], user: bytes, settings: Settings, vault: Vault
) -> tuple[UserState, dict[int, str]]:
    """Return one user's facts from their records alone, and the text of every hash in them."""
    state, stream_ms = UserState.fresh([user]), NEVER_MS
    names: dict[int, str] = {}
    for chunk, begins_again in lives(records, settings, _CHUNK):
        if begins_again:
            state = unpack_rows([user], [begun_again(user, chunk[0].timestamp_ms)])
        batch = accept(chunk, stream_ms, settings, vault, NO_REFUSALS)
        names |= batch.names
        stream_ms = int(batch.stream_ms[-1])
        if batch.keys:
            batch = deduplicate(batch, state, settings)
            wave = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.timeline)
            aggregate(state, wave, settings)
    return state, names


def _preference(trace: CandidateTrace) -> tuple[float, float, int]:
    """The order of `streams.pipeline.allocate.ranking`."""
    source_score = float(_row(trace.features)[_SOURCE_SCORE])
    worth = trace.scores.fused * (1.0 - trace.penalty)
    return (-worth, -source_score, hash64(trace.item_id))


def _offered(decision: Decision, pair: NDArray[np.float32]) -> Offered | None:
    """What the ranker read, None where none did."""
    if not all(each.by_source for each in decision.candidates):
        return None
    item = np.array([hash64(each.item_id) for each in decision.candidates], np.uint64)
    known = np.zeros((len(pair), len(CANDIDATE_SOURCES)), np.float32)
    told = np.stack([_row(each.by_source) for each in decision.candidates])
    known[:, : told.shape[1]] = told
    return Offered(np.zeros(len(pair), np.int64), item, pair, known, pair[:, _SOURCE_SCORE])


def _fused(
    scores: Scores, h_t: float, h_c: float, h_r: float, source_score: float, settings: Settings
) -> float:
    """Fuse with the weights that were logged."""
    weights = Weights(
        lambda_t=scores.lambda_t, lambda_c=scores.lambda_c, bias=scores.bias,
        lambda_r=scores.lambda_r,
    )  # fmt: skip
    t, c, r = (np.array([h]) for h in (h_t, h_c, h_r))
    if scores.lambda_r:
        return float(stack(t, c, weights, r)[0])
    return float(blend(t, c, np.array([source_score]), weights, settings.fusion)[0])


def _same_scores(trace: CandidateTrace, *again: float) -> bool:
    """Whether h_t, h_c, h and h_r are what was logged."""
    logged = (trace.scores.temporal, trace.scores.context, trace.scores.fused, trace.scores.rank)
    told = (None if np.isnan(h) else h for h in again)
    return all(a == b for a, b in zip(logged, told, strict=True))


def _row(packed: bytes) -> NDArray[np.float32]:
    return np.frombuffer(packed, "<f4").astype(np.float32)


def _first_difference(logged: bytes, again: bytes) -> str:
    old, new = np.frombuffer(logged, "<f4"), np.frombuffer(again, "<f4")
    if len(old) != len(new):
        return f"{len(old)} features logged, {len(new)} recomputed"
    i = int(np.flatnonzero(old.view("<u4") != new.view("<u4"))[0])
    return f"{CONTRACT.user[i]}: logged {old[i]}, recomputed {new[i]}"
