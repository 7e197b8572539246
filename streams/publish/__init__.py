"""Write down what was decided: one decision each, and exactly one projection of it."""

from streams.publish.identity import decision_ids
from streams.publish.publish import publish
from streams.publish.retract import Retracted, retract
from streams.publish.tables import Decided, Published, Resources, SortKey

__all__ = [
    "Decided",
    "Published",
    "Resources",
    "Retracted",
    "SortKey",
    "decision_ids",
    "publish",
    "retract",
]
