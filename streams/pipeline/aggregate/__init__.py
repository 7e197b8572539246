"""Aggregate: integer tiles and last-known facts, packed in one row a user."""

from __future__ import annotations

from streams.pipeline.aggregate.aggregate import aggregate
from streams.state.rows import RowError, facts_length, pack_rows, unpack_rows, unreadable

__all__ = ["RowError", "aggregate", "facts_length", "pack_rows", "unpack_rows", "unreadable"]
