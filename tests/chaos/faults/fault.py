"""What a fault is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from chaos.scene import Plan, Scene


def _nothing(*_: object) -> None:
    """Most faults need only one half."""


@dataclass(slots=True, frozen=True)
class Fault:
    """``prepare`` shapes the plan of a round, ``strike`` acts while events flow.

    ``told``: the fault has happened when a worker or the producers note it, and a round waits for
    that; else when `strike` has returned. ``job``: the only job it makes sense for. ``weight``: its share of the deck.
    """

    name: str
    prepare: Callable[[Plan, random.Random], None] = _nothing
    strike: Callable[[Scene], None] = _nothing
    told: bool = False
    job: str | None = None
    weight: int = 2
