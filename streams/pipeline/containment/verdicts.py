"""What is set aside while a batch is decided, and what a trial saw."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Place = tuple[str, int]
"""Topic and offset of a record."""


class Everyone(frozenset[bytes]):
    """The set of all users."""

    def __contains__(self, user: object) -> bool:
        """Whoever is asked for."""
        return True

    def __bool__(self) -> bool:
        """There always is somebody."""
        return True


EVERYONE = Everyone()


@dataclass(slots=True, frozen=True)
class Verdicts:
    """``records``: place -> why it is a dead letter; ``silenced``: users (pseudonyms) whose
    decisions end as `internal_error`; ``items``: hashes of items that are no candidates;
    ``users``: whose rows are set aside; ``epochs``: numbers of those that are left. ``told``: what raised, see `streams.shared.blame.named`.
    """

    records: Mapping[Place, str] = field(default_factory=dict)
    silenced: Collection[bytes] = frozenset()
    items: Collection[int] = frozenset()
    users: Collection[bytes] = frozenset()
    epochs: Collection[int] = frozenset()
    told: str = ""


NO_VERDICTS = Verdicts()


@dataclass(slots=True)
class Seen:
    """What a trial came across: users whose rows it read, or could not, those due, items considered.

    ``waiting``: those of the users who only have a timer due; ``epochs``: numbers of those it went on
    with, each for one partition.
    """

    users: list[bytes] = field(default_factory=list)
    waiting: list[bytes] = field(default_factory=list)
    unreadable: list[bytes] = field(default_factory=list)
    due: list[bytes] = field(default_factory=list)
    items: list[NDArray[np.uint64]] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)

    def considered(self) -> bool:
        """Whether any item was."""
        return any(len(some) for some in self.items)
