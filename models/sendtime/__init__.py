"""When a user is likely to be active, and so when to speak."""

from models.sendtime.activity import NOTHING_KNOWN, ActivityModel
from models.sendtime.habits import Habits, habits
from models.sendtime.predict import active, moments

__all__ = ["NOTHING_KNOWN", "ActivityModel", "Habits", "active", "habits", "moments"]
