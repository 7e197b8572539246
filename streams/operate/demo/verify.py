"""Check what came out: nothing lost, every sum right, every recommendation valid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

MOST_PROBLEMS = 10


@dataclass(slots=True)
class Outputs:
    """The values on the output topics, as read by a `read_committed` consumer."""

    decisions: list[dict[str, Any]] = field(default_factory=list)
    recommendations: list[dict[str, Any]] = field(default_factory=list)
    suppressions: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: int = 0

    @property
    def recommended(self) -> int:
        """Recommendations made; a cancel is not one, nor is a move."""
        return sum(r["action"] == "upsert" and not r["revision"] for r in self.recommendations)

    @property
    def cancelled(self) -> int:
        """Recommendations taken back."""
        return sum(record["action"] == "cancel" for record in self.recommendations)

    @property
    def suppressed(self) -> dict[str, int]:
        """Suppressions by reason."""
        return dict(Counter(record["reason"] for record in self.suppressions).most_common())


def decoded(values: Iterable[bytes | None]) -> list[dict[str, Any]]:
    """Return JSON objects as plain dictionaries."""
    return [msgspec.json.decode(value) for value in values if value is not None]


def problems(outputs: Outputs, counts: Mapping[str, int], produced: int) -> list[str]:
    """Return what does not add up (DESIGN law 4), as sentences; an empty list: all does."""
    accounted = sum(counts.get(n, 0) for n in ("accepted", "duplicates", "late", "dead_letters"))
    answered = outputs.recommended + len(outputs.suppressions)
    ids = Counter(record["decision_id"] for record in outputs.decisions)
    sums = (
        ("consumed, produced", counts.get("consumed", 0), produced),
        ("accepted + duplicates + late + dead letters, consumed", accounted, counts["consumed"]),
        ("dead letters counted, on their topic", _dead(counts), outputs.dead_letters),
        ("recommended + suppressed, decided", answered, len(outputs.decisions)),
        ("different decision ids, decisions", len(ids), len(outputs.decisions)),
    )
    return [f"{what}: {one} is not {other}" for what, one, other in sums if one != other]


def _dead(counts: Mapping[str, int]) -> int:
    return sum(counts.get(n, 0) for n in ("dead_letters", "other_dead_letters", "partial"))


def invalid(recommendations: Iterable[dict[str, Any]], schema: dict[str, Any]) -> list[str]:
    """Return the first few violations of the JSON Schema among recommendations."""
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    found = []
    for record in recommendations:
        for error in validator.iter_errors(record):
            found.append(f"{record.get('recommendation_id')}: {error.json_path}: {error.message}")
            if len(found) >= MOST_PROBLEMS:
                return found
    return found
