"""Candidates: several sources, one set of items per user who needs a decision."""

from __future__ import annotations

from streams.pipeline.candidates.gather import SOURCES, gather, reason_codes, source_names
from streams.pipeline.candidates.known_items import known_items, rule_at
from streams.pipeline.candidates.proposals import Proposals, Source
from streams.pipeline.candidates.sold_here import sold_here

__all__ = [
    "SOURCES", "Proposals", "Source", "gather", "known_items", "reason_codes", "rule_at",
    "sold_here", "source_names",
]  # fmt: skip
