"""When a user is likely to be active, and so when to speak."""

from models.sendtime.activity import ActivityModel
from models.sendtime.habits import Habits, habits
from models.sendtime.predict import active, moments

__all__ = ["ActivityModel", "Habits", "active", "habits", "moments"]
