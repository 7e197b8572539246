"""Producers that repeat themselves, and logs with holes."""

from __future__ import annotations

import random

from chaos.faults.fault import Fault
from chaos.scene import Plan


def resent(plan: Plan, rng: random.Random) -> None:
    """Whole batches are sent once more, later: same ids, new offsets."""
    plan.manner.resent = 0.3


def aborted(plan: Plan, rng: random.Random) -> None:
    """Producers write in transactions, and abort a third of them: offsets without records."""
    plan.manner.aborted = 0.3


def compacted(plan: Plan, rng: random.Random) -> None:
    """The input begins with what compaction left of older events."""
    plan.compacted = True


FAULTS = (
    Fault("resent_batches", resent, told=True, job="shop"),
    Fault("aborted_input", aborted, told=True),
    Fault("compacted_input", compacted, told=True, job="shop"),
)
