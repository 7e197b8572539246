"""Choose one candidate per due user, or say which rule left none."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.tables import CandidateSet, Choice, DueUsers, PolicyView, Stopped
from schemas.vocabulary import StopReason
from streams.pipeline.allocate import recently_bought, recently_pushed, threshold
from streams.pipeline.allocate.explore import held_out, pick, propensities
from streams.pipeline.allocate.ranking import fused, ranked
from streams.settings import Settings

ItemRule = Callable[[DueUsers, CandidateSet, PolicyView, Settings], NDArray[np.bool_]]
ITEM_RULES: tuple[tuple[StopReason, ItemRule], ...] = (
    (StopReason.RECENTLY_PUSHED, recently_pushed.stops),
    (StopReason.RECENTLY_BOUGHT, recently_bought.stops),
    (StopReason.MAYBE_BOUGHT, recently_bought.may_be_bought),
    (StopReason.BELOW_THRESHOLD, threshold.stops),
)


def allocate(
    due: DueUsers,
    candidates: CandidateSet,
    view: PolicyView,
    settings: Settings,
    ids: Sequence[uuid.UUID],
    silenced: Iterable[Stopped] = (),
) -> tuple[list[Choice], list[Stopped], list[str | None]]:
    """Return the choices, the rows left without one, and per candidate the rule that stopped it.

    ``ids`` are the decisions' ids, one a row; they seed the draws. Rows in ``silenced`` (by
    the screen) have no candidates and get neither a choice nor a second stop.
    """
    stopped_by = _item_rules(due, candidates, view, settings)
    skip = {stop.due for stop in silenced}
    scores = fused(candidates).tolist()
    choices: list[Choice] = []
    stopped: list[Stopped] = []
    for row, ranks in enumerate(ranked(candidates, len(due))):
        if row in skip:
            continue
        allowed = [i for i in ranks if stopped_by[i] is None]
        if not allowed:
            stopped.append(_left_without(row, [stopped_by[i] for i in ranks]))
        elif held_out(ids[row], settings):
            stopped.append(_holdout(row, candidates, allowed[0], scores, settings))
        else:
            choices.append(_choose(row, ids[row], allowed, settings))
    return choices, stopped, stopped_by


def _item_rules(
    due: DueUsers, candidates: CandidateSet, view: PolicyView, settings: Settings
) -> list[str | None]:
    """Name, per candidate, the first item rule that stops it."""
    stopped_by: list[str | None] = [None] * len(candidates)
    for reason, stops in reversed(ITEM_RULES):
        for i in stops(due, candidates, view, settings).nonzero()[0].tolist():
            stopped_by[i] = reason.value
    return stopped_by


def _choose(row: int, identity: uuid.UUID, allowed: list[int], settings: Settings) -> Choice:
    rank = pick(identity, len(allowed), settings)
    propensity = propensities(len(allowed), settings)[rank]
    return Choice(row, allowed[rank], propensity, "explore" if rank else "best")


def _left_without(row: int, rules: list[str | None]) -> Stopped:
    """Name the item rule that stopped most; of equals the first in order."""
    counts = Counter(rules)
    numbers = {"candidates": len(rules)} | {
        reason.value: counts[reason.value] for reason, _ in ITEM_RULES if counts[reason.value]
    }
    if not rules:
        return Stopped(row, StopReason.NO_CANDIDATES, "candidates", numbers)
    reason = max((reason for reason, _ in ITEM_RULES), key=lambda reason: counts[reason.value])
    return Stopped(row, reason, reason.value, numbers)


def _holdout(
    row: int, candidates: CandidateSet, best: int, scores: list[float], settings: Settings
) -> Stopped:
    numbers = {
        "holdout_share": settings.holdout_share,
        "item": f"{int(candidates.item[best]):016x}",
        "score": scores[best],
    }
    return Stopped(row, StopReason.HOLDOUT, "holdout", numbers)
