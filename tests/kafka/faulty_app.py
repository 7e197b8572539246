"""A worker of the real pipeline with a fault at every stage, for what the names of users and items say."""

from __future__ import annotations

import os

from support.injector import STAGES, Injector

from streams.app import create_app
from streams.engine import deciding
from streams.pipeline.accept import Vault
from streams.settings import load_settings

deciding.HANGS_S = float(os.environ.get("FAULTY_HANGS_S", deciding.HANGS_S))
settings = load_settings()
injector = Injector(Vault(settings.secret.encode(), settings.tenant))


def _bad(stage: str, number: int) -> bool:
    """Each epoch of the learner is at fault at one of the stages, in turn."""
    stages = list(STAGES)[1:]
    return number > 0 and stages[number // settings.epoch_ms % len(stages)] == stage


injector.bad_epochs = _bad
injector.install()
app = create_app(settings)
