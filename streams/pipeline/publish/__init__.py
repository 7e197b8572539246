"""Write down what was decided: one decision each, and exactly one projection of it."""

from streams.pipeline.publish.identity import decision_ids
from streams.pipeline.publish.publish import publish
from streams.pipeline.publish.retract import Retracted, retract
from streams.pipeline.publish.tables import Decided, Published, Resources, SortKey, record_key

__all__ = [
    "Decided",
    "Published",
    "Resources",
    "Retracted",
    "SortKey",
    "decision_ids",
    "publish",
    "record_key",
    "retract",
]
