"""Moments of users with what came of them, as the temporal models read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.train.columns import COLUMNS

Rows = NDArray[np.float32]
Bools = NDArray[np.bool_]
HISTORY_DAYS = 30
"""With a shorter history the longest windows only tell how old the log is: they are left out."""
_GROWING = ("days_known", "events_total", "rate_7d_over_30d")


@dataclass(slots=True, frozen=True)
class Moments:
    """``n`` moments in hours: `CONTRACT` features, steps, and a label per target.

    ``user``: a number; ``hour``: since the log began; ``features``: float32[n, ``names``];
    ``steps``: float32[n, steps, channels]; ``label``: bool[n, ``targets``], whether it happened
    in the ``horizon`` hours of the target that follow.
    """

    names: tuple[str, ...]
    targets: tuple[str, ...]
    horizon: NDArray[np.int64]
    user: NDArray[np.int64]
    hour: NDArray[np.int64]
    features: Rows
    steps: Rows
    label: Bools

    def __len__(self) -> int:
        """Moments."""
        return len(self.hour)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Moments:
        """Return the chosen moments."""
        return Moments(
            self.names, self.targets, self.horizon, self.user[rows], self.hour[rows],
            self.features[rows], self.steps[rows], self.label[rows],
        )  # fmt: skip

    def resolved(self, until: int) -> Bools:
        """Return whose label is known when hour ``until`` begins: bool[n, targets]."""
        return self.hour[:, None] + self.horizon[None] <= until

    def columns(self) -> tuple[str, ...]:
        """Return the temporal columns that tell moments apart in a history of this length."""
        short = int(self.hour.max(initial=0)) < HISTORY_DAYS * 24
        return tuple(
            name
            for name in COLUMNS["temporal_user"]
            if not (short and (name.endswith("_30d") or name in _GROWING)) and self._varies(name)
        )

    def view(self, columns: Sequence[str]) -> Rows:
        """Return the named feature columns: float32[n, columns]."""
        return self.features[:, [self.names.index(name) for name in columns]]

    def _varies(self, name: str) -> bool:
        column = self.features[:, self.names.index(name)]
        known = column[~np.isnan(column)]
        return len(known) > 0 and (len(known) < len(column) or bool(known.min() < known.max()))


def joined(parts: Sequence[Moments]) -> Moments:
    """Return the moments of all parts, one after the other; they share names and targets."""
    first = parts[0]
    return Moments(
        first.names, first.targets, first.horizon,
        *(np.concatenate([getattr(part, name) for part in parts])
          for name in ("user", "hour", "features", "steps", "label")),
    )  # fmt: skip
