"""What happens to the files of a worker."""

from __future__ import annotations

import random

from chaos.faults.fault import Fault
from chaos.faults.processes import terminate
from chaos.scene import Plan


def _corrupt_state(plan: Plan, rng: random.Random) -> None:
    """Between two starts a file of its local state is cut, flipped or gone."""
    plan.first_points["corrupt_state"] = rng.choice(("gone", "cut", "flipped"))


FAULTS = (Fault("corrupt_state", _corrupt_state, terminate, told=True),)
