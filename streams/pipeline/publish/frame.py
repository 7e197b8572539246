"""A wave laid out for writing: columns as plain lists, each computed once."""

from __future__ import annotations

import math
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from schemas.recommendation import Experiment, ModelRef, PolicyTrace, Scores
from schemas.state import UserState
from schemas.tables import CandidateSet, Choice, DueUsers, PolicyView, Stopped
from schemas.vocabulary import ContextField, StopReason
from streams.pipeline.aggregate.fates import counted, counts_at
from streams.pipeline.allocate.explore import propensities
from streams.pipeline.allocate.ranking import fused, ranked
from streams.pipeline.fusion import ranked_pairs
from streams.pipeline.policy.personalisation import DENIED
from streams.pipeline.policy.told import known_texts
from streams.pipeline.publish.form import rfc3339
from streams.pipeline.publish.identity import KIND_NAMES
from streams.pipeline.publish.tables import Decided, Resources, SortKey, Weighted
from streams.pipeline.publish.words import Words, words_for
from streams.settings import Settings

NO_ARM = Experiment(arm="none", holdout=False, propensity=1.0)
"""A hard rule left nothing to choose."""


class Frame:
    """Rows and candidates of a `Decided` by index, and who decided what.

    Raises:
        ValueError: a row has no choice and no stop, or more than one.
    """

    def __init__(self, decided: Decided, settings: Settings, resources: Resources) -> None:
        due, view = decided.due, decided.view
        self.decided, self.settings, self.resources = decided, settings, resources
        self.choices, self.stops = _verdicts(decided, settings)
        self.ids = [str(identity) for identity in decided.ids]
        self.users = [key.hex() for key in due.state.keys]
        self.kind: list[int] = due.kind.tolist()
        self.pos: list[int] = due.pos.tolist()
        self.places = resources.places(due.pos)
        self.offsets = source_offsets(due, resources)
        self.now_ms: list[int] = due.now_ms.tolist()
        self.due_ms: list[int] = due.due_ms.tolist()
        self.reached_ms: list[int] = due.reached_ms.tolist()
        self.now = rfc3339(due.now_ms)
        self.policy = policy_traces(view, settings)
        self.model = model_ref(resources)
        self._lay_candidates()

    def _lay_candidates(self) -> None:
        candidates = self.decided.candidates
        rows = len(self.decided.due)
        self.ranked = ranked(candidates, rows)
        self.bounds = candidates.due.searchsorted(np.arange(rows + 1)).tolist()
        self.item: list[int] = candidates.item.tolist()
        self.resources.recall(set(self.item))
        experts = _experts(candidates)
        self.scores = _scores(self.decided, experts)
        self._partial = _partial(candidates, experts)
        self.propensity = self._propensities()

    def _propensities(self) -> list[float]:
        """The probability that each candidate had of being published."""
        result = [0.0] * len(self.item)
        for ranks in self.ranked:
            allowed = [i for i in ranks if self.decided.stopped_by[i] is None]
            for i, chance in zip(allowed, propensities(len(allowed), self.settings), strict=True):
                result[i] = chance
        return result

    def sort_key(self, row: int, seq: int) -> SortKey:
        """Return the place of a row's record among the batch's outputs."""
        phase, due_ms = 0 if self.due_ms[row] >= 0 else 1, self.due_ms[row]
        user = self.decided.due.state.keys[row]
        return SortKey(self.pos[row], phase, due_ms, user, self.kind[row], seq)

    def best(self, row: int) -> int | None:
        """Return a row's best candidate: of the allowed ones if there are any."""
        ranks = self.ranked[row]
        allowed = (i for i in ranks if self.decided.stopped_by[i] is None)
        return next(allowed, ranks[0] if ranks else None)

    def degraded(self, row: int) -> bool:
        """Return whether a model was missing or failed for any of the row's candidates."""
        return not self.resources.bundle_sha256 or row in self._partial

    def experiment(self, row: int) -> Experiment:
        """Return the arm of a row and the probability of what was done."""
        if (choice := self.choices.get(row)) is not None:
            return Experiment(arm=choice.arm, holdout=False, propensity=choice.propensity)
        if self.stops[row].reason == StopReason.HOLDOUT:
            share = self.settings.holdout_share
            return Experiment(arm="holdout", holdout=True, propensity=share)
        return NO_ARM

    def words(self, row: int, choice: Choice) -> Words:
        """Return how a row's choice may be worded."""
        if self.policy[row].personalisation == DENIED:
            return Words.SUGGESTION  # what asked is about the user
        due, candidates, i = self.decided.due, self.decided.candidates, choice.candidate
        asked = int(due.item[row]), int(due.category[row])
        chosen = self.item[i], int(candidates.category[i])
        return words_for(self.kind[row], asked, chosen, int(candidates.sources[i]))

    def trigger(self, row: int) -> str:
        """Return the name of what asked for the decision."""
        return KIND_NAMES[self.kind[row]]


def _verdicts(decided: Decided, settings: Settings) -> tuple[dict[int, Choice], dict[int, Stopped]]:
    choices = {choice.due: choice for choice in decided.choices}
    stops = {stop.due: stop for stop in decided.stopped}
    rows = sorted(choice.due for choice in decided.choices)
    rows = sorted(rows + [stop.due for stop in decided.stopped])
    if rows != list(range(len(decided.due))):
        raise ValueError(f"{len(decided.due)} due rows, but choices and stops for rows {rows}")
    if settings.publish == "shadow":
        stops |= {row: Stopped(row, StopReason.SHADOW, "dry_run", {}) for row in choices}
    return choices, stops


def source_offsets(due: DueUsers, resources: Resources) -> list[dict[str, int]]:
    """Return what had been read at each row: a timer fires before the record at its position."""
    return resources.offsets_at(due.pos, due.due_ms >= 0)


def policy_traces(view: PolicyView, settings: Settings) -> list[PolicyTrace]:
    """Return the policy's numbers for each row."""
    quiet_hours = f"{settings.quiet_start}-{settings.quiet_end}"
    rows = zip(view.cap_used.tolist(), view.zone, view.consent, view.personalisation, strict=True)
    return [
        PolicyTrace(
            cap_used=used,
            cap_limit=settings.cap_per_day,
            quiet_hours=quiet_hours,
            timezone=zone,
            consent=consent,
            personalisation=personalisation,
        )
        for used, zone, consent, personalisation in rows
    ]


def model_ref(resources: Resources) -> ModelRef:
    """Return which bundle scored."""
    return ModelRef(bundle=resources.bundle_name, sha256=resources.bundle_sha256)


def locales(state: UserState, settings: Settings, resources: Resources) -> list[str]:
    """Return each user's locale, the default where none was told."""
    return known_texts(
        state, ContextField.LOCALE, resources.texts, settings.default_locale, valid=bool
    )


def recent_pushes(state: UserState) -> list[list[tuple[int, str]]]:
    """Return each user's counted pushes: time in ms and the item's hash in hex."""
    result: list[list[tuple[int, str]]] = [[] for _ in range(len(state))]
    hit = counted(state.pushes.data)
    rows = state.pushes.data.compress(hit)
    columns = (state.pushes.slots[hit], counts_at(rows), rows["item"])
    for slot, at_ms, item in zip(*(column.tolist() for column in columns), strict=True):
        result[slot].append((at_ms, f"{item:016x}"))
    return result


def packed(rows: NDArray[np.float32] | None, count: int) -> list[bytes]:
    """Return float32 rows, of any shape, as their little-endian bytes; empty without features."""
    if rows is None:
        return [b""] * count
    raw, size = rows.astype("<f4").tobytes(), 4 * math.prod(rows.shape[1:])
    return [raw[at : at + size] for at in range(0, count * size, size)]


def _scores(decided: Decided, experts: NDArray[np.float64]) -> list[Scores]:
    """Each candidate's probabilities: null where an expert is missing, never NaN."""
    candidates, given = decided.candidates, decided.weights
    temporal, context = map(_or_null, experts)
    h = fused(candidates)
    score = np.where(np.isfinite(h), h, 0.0).tolist()
    numbers = [repeat(float(n)) for n in (given.lambda_t, given.lambda_c, given.bias)]
    plain = map(Scores, temporal, context, score, *numbers)
    if decided.ranked is None or candidates.h_r is None:
        return list(plain)
    return _with_ranker(list(plain), candidates, candidates.h_r, decided.ranked)


def _with_ranker(
    scores: list[Scores], candidates: CandidateSet, h_r: NDArray[np.float64], given: Weighted
) -> list[Scores]:
    """Say what the ranker gave, and with which weights it joined the experts where it did."""
    joined = ranked_pairs(candidates).tolist()
    for score, rank, took_part in zip(scores, _or_null(h_r), joined, strict=True):
        score.rank = rank
        if took_part:
            score.lambda_t, score.lambda_c = float(given.lambda_t), float(given.lambda_c)
            score.bias, score.lambda_r = float(given.bias), float(given.lambda_r)
    return scores


def _or_null(h: NDArray[np.float64]) -> list[float | None]:
    numbers = h.astype(object)
    numbers[~np.isfinite(h)] = None
    found: list[float | None] = numbers.tolist()
    return found


def _partial(candidates: CandidateSet, experts: NDArray[np.float64]) -> set[int]:
    """The due rows of candidates that some expert could not score."""
    missing = np.isnan(experts).any(axis=0)
    return set(candidates.due[missing].tolist())


def _experts(candidates: CandidateSet) -> NDArray[np.float64]:
    """Both experts' probabilities, float64[2, pairs], NaN where an expert is missing."""
    nothing = np.full(len(candidates), np.nan)
    given = (candidates.h_t, candidates.h_c)
    return np.array([nothing if column is None else column for column in given])
