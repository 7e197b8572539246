"""What an oracle found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

MOST_NOTES = 20


@dataclass(slots=True)
class Verdict:
    """Counts of what is wrong, and the first few of them in words."""

    events: int = 0
    lost: int = 0
    duplicated: int = 0
    state_differences: int = 0
    law4_differences: int = 0
    policy_violations: int = 0
    decisions: int = 0
    recommendations: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (
            self.lost
            or self.duplicated
            or self.state_differences
            or self.law4_differences
            or self.policy_violations
        )

    def compare(self, what: str, wanted: Iterable[Hashable], found: Iterable[Hashable]) -> None:
        """Count what is missing as lost, what is too much as duplicated."""
        wanted, found = Counter(wanted), Counter(found)
        missing, extra = wanted - found, found - wanted
        self.lost += missing.total()
        self.duplicated += extra.total()
        self._note(what, "missing", missing)
        self._note(what, "too many", extra)

    def match(self, what: str, one: Iterable[Hashable], other: Iterable[Hashable]) -> None:
        """Count as lost what only one of two sides has, however often."""
        alone = Counter(set(one) ^ set(other))
        self.lost += alone.total()
        self._note(what, "on one side only", alone)

    def differs(self, what: str, wanted: object, found: object) -> None:
        """Count a difference of state."""
        if wanted != found:
            self.state_differences += 1
            self.note(f"{what}: {found} instead of {wanted}")

    def adds_up(self, what: str, wanted: int, found: int) -> None:
        """Count a sum that is wrong, by how much."""
        if wanted != found:
            self.law4_differences += abs(wanted - found)
            self.note(f"{what}: {found} instead of {wanted}")

    def note(self, sentence: str) -> None:
        """Keep a sentence, if there are not too many."""
        if len(self.notes) < MOST_NOTES:
            self.notes.append(sentence[:300])

    def _note(self, what: str, how: str, items: Counter[Hashable]) -> None:
        if items:
            self.note(f"{what}: {items.total()} {how}, like {list(items)[:3]}")
