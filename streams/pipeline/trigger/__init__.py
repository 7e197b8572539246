"""Trigger: who needs a decision now, because of an event or because time passed."""

from __future__ import annotations

from streams.pipeline.trigger.due import Judge, due_users
from streams.pipeline.trigger.plan import Stops, plan
from streams.pipeline.trigger.split import retractions, speaking

__all__ = ["Judge", "Stops", "due_users", "plan", "retractions", "speaking"]
