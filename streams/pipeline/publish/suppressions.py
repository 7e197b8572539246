"""The other projection: a decision not to send is a fact too."""

from __future__ import annotations

from schemas.decision import Suppression
from schemas.tables import Stopped
from streams.pipeline.publish.form import item_name
from streams.pipeline.publish.frame import Frame


def suppression(frame: Frame, row: int, stop: Stopped) -> Suppression:
    """Return the record of what stopped a row, with the best it would have had.

    In shadow mode that is what would have been published.
    """
    choice = frame.choices.get(row)
    best = frame.best(row) if choice is None else choice.candidate
    return Suppression(
        decision_id=frame.ids[row],
        tenant=frame.settings.tenant,
        user=frame.users[row],
        decided_at=frame.now[row],
        trigger=frame.trigger(row),
        reason=stop.reason.value,
        rule=stop.rule,
        numbers=stop.numbers,
        best_item_id=None if best is None else item_name(frame.item[best], frame.resources),
        best_score=None if best is None else frame.scores[best].fused,
        policy=frame.policy[row],
    )
