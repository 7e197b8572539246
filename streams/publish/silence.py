"""Write down the rows that the policy silenced before any candidate was fetched."""

from __future__ import annotations

import numpy as np

from models.bundle import Weights
from schemas.tables import CandidateSet, DueUsers, PolicyView, Stopped
from streams.publish.identity import decision_ids
from streams.publish.publish import publish
from streams.publish.tables import Decided, Published, Resources
from streams.settings import Settings


def publish_silence(
    due: DueUsers,
    view: PolicyView,
    stopped: list[Stopped],
    settings: Settings,
    resources: Resources,
) -> Published:
    """Return a decision and a suppression for every row; each has exactly one stop."""
    none = np.zeros(0)
    candidates = CandidateSet(
        none.astype(np.int64), none.astype(np.uint64), none.astype(np.uint64),
        none.astype(np.uint32), none.astype(np.float32),
    )  # fmt: skip
    ids = decision_ids(due, settings)
    decided = Decided(due, ids, view, candidates, [], stopped, [], Weights())
    return publish(decided, settings, resources)
