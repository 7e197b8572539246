"""How the path leaves out what the verdicts name."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from models.bundle import Weights
from schemas.tables import CandidateSet, DueUsers, PolicyView, Stopped
from schemas.vocabulary import StopReason
from streams.pipeline.containment.verdicts import Verdicts
from streams.pipeline.publish import Decided, decision_ids
from streams.settings import Settings

NOT_ASKED = "not_asked"
"""The consent of a user whom the policy was not asked about."""
NO_WEIGHTS = Weights(lambda_t=0.0, lambda_c=0.0, bias=0.0)


def apart(due: DueUsers, silenced: Collection[bytes]) -> tuple[DueUsers | None, DueUsers]:
    """Return the rows of silenced users, None if there are none, and the others."""
    if not silenced:
        return None, due
    mine = np.array([key in silenced for key in due.state.keys], np.bool_)
    if not mine.any():
        return None, due
    return due.take(mine.nonzero()[0]), due.take((~mine).nonzero()[0])


def undecided(due: DueUsers, verdicts: Verdicts, settings: Settings) -> Decided:
    """Return the decisions of silenced users: policy, sources and models are not asked."""
    count, nobody = len(due), np.zeros(0, np.int64)
    numbers = {"raised": verdicts.told}
    stops = [
        Stopped(row, StopReason.INTERNAL_ERROR, "containment", numbers) for row in range(count)
    ]
    return Decided(
        due, decision_ids(due, settings), _no_view(due, settings), nobody, due.take(nobody),
        CandidateSet.none(), [], stops, [], NO_WEIGHTS,
    )  # fmt: skip


def _no_view(due: DueUsers, settings: Settings) -> PolicyView:
    count = len(due)
    never = np.zeros(count, np.bool_)
    return PolicyView(
        due.now_ms, due.now_ms, never, never, np.zeros(count, np.int64),
        [settings.default_timezone] * count, [NOT_ASKED] * count, [NOT_ASKED] * count,
    )  # fmt: skip


def without_items(candidates: CandidateSet, verdicts: Verdicts) -> CandidateSet:
    """Return the candidates without the items that made a decision raise."""
    if not verdicts.items:
        return candidates
    bad = np.isin(candidates.item, np.array(sorted(verdicts.items), np.uint64))
    return candidates.take(~bad)
