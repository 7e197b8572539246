"""Ask every rule about every due user; the first that stops wins."""

from __future__ import annotations

import numpy as np

from models.sendtime import ActivityModel
from schemas.tables import DueUsers, PolicyView, Stopped
from schemas.vocabulary import ContextField, Standing
from streams.pipeline.aggregate.budget import spent
from streams.pipeline.policy import (
    best_moment,
    cap,
    consent,
    decision_budget,
    min_gap,
    quiet_hours,
    reason,
)
from streams.pipeline.policy.asked import Asked, Rule
from streams.pipeline.policy.personalisation import personalisations
from streams.pipeline.policy.told import Texts, counted_times, gap_times, is_zone, known_texts
from streams.settings import Settings

RULES: tuple[Rule, ...] = (
    decision_budget.stop, reason.stop, consent.stop, quiet_hours.stop, cap.stop, min_gap.stop,
)  # fmt: skip


def screen(
    due: DueUsers,
    settings: Settings,
    texts: Texts,
    activity: ActivityModel,
) -> tuple[PolicyView, list[Stopped]]:
    """Return what the policy found for every due user, and those it silences with the numbers.

    A silenced user's slot is where it would have been; empty at now when the hours forbid one.
    ``activity``: when users are active, for those whose push can wait for a better moment.
    """
    asked = best_moment.choose(due, _ask(due, settings, texts), settings, activity)
    stops = (_first_stop(one, settings) for one in asked)
    return _view(asked, personalisations(due.state)), [stop for stop in stops if stop is not None]


def _ask(due: DueUsers, settings: Settings, texts: Texts) -> list[Asked]:
    state = due.state
    zones = known_texts(
        state, ContextField.TIMEZONE, texts, settings.default_timezone, valid=is_zone
    )
    rows = zip(
        due.now_ms.tolist(), consent.consents(state, settings), zones, counted_times(state),
        gap_times(state),         spent(state, np.arange(len(due)), due.now_ms).tolist(),
        map(Standing, due.standing.tolist()), strict=True,
    )  # fmt: skip
    asked = []
    for row, (now_ms, told, zone, times, lasting, so_far, standing) in enumerate(rows):
        slot = quiet_hours.find_slot(zone, now_ms, settings)
        used = cap.fullest(times, slot.send_after_ms) if times else 0
        asked.append(Asked(row, now_ms, told, zone, slot, times, lasting, used, so_far, standing))
    return asked


def _first_stop(asked: Asked, settings: Settings) -> Stopped | None:
    for rule in RULES:
        if (stopped := rule(asked, settings)) is not None:
            return stopped
    return None


def _view(asked: list[Asked], personalisation: list[str]) -> PolicyView:
    return PolicyView(
        send_after_ms=np.array([one.slot.send_after_ms for one in asked], np.int64),
        expires_ms=np.array([one.slot.expires_ms for one in asked], np.int64),
        shifted=np.array([one.slot.shifted for one in asked], np.bool_),
        timed=np.array([one.slot.timed for one in asked], np.bool_),
        cap_used=np.array([one.cap_used for one in asked], np.int64),
        zone=[one.zone for one in asked],
        consent=[one.consent for one in asked],
        personalisation=personalisation,
    )
