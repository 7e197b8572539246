"""Whether a replay of the log sees the catalogue that a decision saw."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.decision import Decision
from schemas.tables import SourceRecord
from streams.knowledge.reading import Reading
from streams.offline.explain import Check
from streams.shared.times import is_possible


def check_catalogue(decision: Decision, catalog: Iterable[SourceRecord]) -> Check:
    """Compare the last offsets that held for the decision with those that hold in the log at its place.

    ``catalog``: what the topic holds, in each partition by offset.
    """
    if decision.catalog_ms is None:
        return Check(link="catalogue", same=None, detail="made by a build that did not say")
    reading = Reading()
    for record in catalog:
        if is_possible(record.timestamp_ms):
            reading.note(record.partition, record.offset, record.timestamp_ms)
    again = reading.offsets(decision.catalog_ms)
    if again == decision.catalog_offsets:
        return Check(link="catalogue", same=True, detail=f"offsets {again}")
    detail = f"the decision saw offsets {decision.catalog_offsets}, a replay sees {again}"
    return Check(link="catalogue", same=False, detail=detail)
