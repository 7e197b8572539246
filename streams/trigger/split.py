"""Take the due users apart: retractions, the silenced, and those who may be spoken to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from schemas.tables import DueUsers, PolicyView, Stopped
from schemas.vocabulary import TriggerKind


def retractions(due: DueUsers) -> tuple[DueUsers | None, DueUsers]:
    """Return the rows that only ask whether a push still stands, if any, and the others."""
    asks = due.kind == TriggerKind.RETRACT
    if not asks.any():
        return None, due
    return due.take(asks.nonzero()[0]), due.take((~asks).nonzero()[0])


def silent(
    due: DueUsers, view: PolicyView, stopped: list[Stopped]
) -> tuple[DueUsers, PolicyView, list[Stopped]]:
    """Return the stopped rows alone, with their stops renumbered to them."""
    rows = np.array([stop.due for stop in stopped], np.int64)
    renumbered = [replace(stop, due=row) for row, stop in enumerate(stopped)]
    return due.take(rows), view.take(rows), renumbered


def speaking(
    due: DueUsers, view: PolicyView, stopped: list[Stopped]
) -> tuple[DueUsers, PolicyView]:
    """Return the rows that nothing stopped."""
    if not stopped:
        return due, view
    speaks = np.ones(len(due), bool)
    speaks[[stop.due for stop in stopped]] = False
    rows = speaks.nonzero()[0]
    return due.take(rows), view.take(rows)
