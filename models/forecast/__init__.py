"""What demand is expected per category, hour by hour and day by day, and how far off it was."""

from models.forecast.plan import DAY, HOUR, TOTAL, UNTRAINED, Pick, Plan, PlanError, StepPlan
from models.forecast.running import Running
from models.forecast.steps import Steps

__all__ = [
    "DAY",
    "HOUR",
    "TOTAL",
    "UNTRAINED",
    "Pick",
    "Plan",
    "PlanError",
    "Running",
    "StepPlan",
    "Steps",
]
