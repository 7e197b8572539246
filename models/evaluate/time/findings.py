"""What one section of the report on time says: numbers for programs, blocks for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from models.evaluate.page import Section
from models.evaluate.time.log import EventLog


@dataclass(slots=True, frozen=True)
class Findings:
    """``numbers`` go to the top of the JSON, ``test`` (unseen users) under its ``test``."""

    numbers: dict[str, Any] = field(default_factory=dict)
    test: dict[str, Any] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()


Report = Callable[[EventLog, EventLog | None, int], Findings]
"""A section: (log, log of unseen users or None, seed) -> what it found."""


def merged(found: list[Findings]) -> dict[str, Any]:
    """Return the JSON of the whole report."""
    numbers: dict[str, Any] = {}
    test: dict[str, Any] = {}
    for each in found:
        numbers |= each.numbers
        test |= each.test
    return numbers | ({"test": test} if test else {})
