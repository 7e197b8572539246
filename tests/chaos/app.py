"""The worker of a chaos round: the real pipeline or the counting job, with armed fault points."""

from __future__ import annotations

import json
import os

from chaos.points import arm
from support.counting import Counting

from streams.app import create_app
from streams.engine.app import KairosApp
from streams.settings import load_settings

SLOW_S = 0.0005
"""The counting job is too quick to be hit in the middle of a batch."""


def _make() -> KairosApp:
    counts = os.environ["CHAOS_JOB"] == "count"
    made = create_app(load_settings(), Counting(SLOW_S) if counts else None)
    arm(made, json.loads(os.environ["CHAOS_POINTS"]), os.environ["CHAOS_FIRED"])
    return made


app = _make()
