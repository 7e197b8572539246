"""Turn a decided wave into records, journal rows and counters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import NEVER_MS, PUSH
from schemas.tables import Output
from schemas.vocabulary import PushOrigin, PushStatus, StopReason
from streams.pipeline.publish.decisions import Decisions
from streams.pipeline.publish.fit import ENCODER, encode_decision, encode_fitting
from streams.pipeline.publish.frame import Frame
from streams.pipeline.publish.recommendations import Recommendations
from streams.pipeline.publish.suppressions import suppression
from streams.pipeline.publish.tables import Decided, Published, Resources, SortKey
from streams.settings import Settings


def publish(decided: Decided, settings: Settings, resources: Resources) -> Published:
    """Return a decision and one projection for every row, and the pushes to remember.

    With ``publish = shadow`` the projection of a choice is a suppression; the push is remembered as if
    it had been published. One of the past is remembered by its id alone.

    Raises:
        ValueError: a row has no choice and no stop, or more than one.
    """
    frame = Frame(decided, settings, resources)
    decisions, recommendations = Decisions(frame), Recommendations(frame)
    outputs: list[tuple[SortKey, Output]] = []
    for row, user in enumerate(frame.users):
        key = user.encode()
        outputs.append(
            (frame.sort_key(row, 0), Output("decisions", key, encode_decision(decisions.of(row))))
        )
        stop = frame.stops.get(row)
        if stop is None:
            record = recommendations.of(row, frame.choices[row])
            projection = Output(
                "recommendations", record.subscriber_id.encode(), encode_fitting(record, settings)
            )
        else:
            value = ENCODER.encode(suppression(frame, row, stop))
            projection = Output("suppressions", key, value)
        outputs.append((frame.sort_key(row, 1), projection))
    stops = [frame.stops.get(row) for row in range(len(frame.users))]
    outcomes = [None if stop is None else stop.reason.value for stop in stops]
    origins = [PushOrigin.PUBLISHED if s is None else _ORIGINS.get(s.reason) for s in stops]
    rows = np.array([row for row, origin in enumerate(origins) if origin is not None], np.int64)
    pushes = _pushes(frame, rows)
    pushes["origin"] = [origins[row] for row in rows.tolist()]
    return Published(outputs, pushes, rows, outcomes)


_ORIGINS = {StopReason.SHADOW: PushOrigin.SHADOW, StopReason.CAUGHT_UP: PushOrigin.PAST}
"""What a suppression leaves among the pushes; all others leave nothing."""


def _pushes(frame: Frame, rows: NDArray[np.int64]) -> NDArray[np.void]:
    """Return the journal rows of decisions; one without a choice is about no item."""
    decided = frame.decided
    ids = [decided.ids[row].int for row in rows.tolist()]
    pushes = np.zeros(len(rows), PUSH)
    pushes["id_hi"] = [number >> 64 for number in ids]
    pushes["id_lo"] = [number & (2**64 - 1) for number in ids]
    pushes["at_ms"] = decided.view.send_after_ms[rows]
    pushes["expires_ms"] = decided.view.expires_ms[rows]
    pushes["created_ms"] = decided.due.now_ms[rows]
    pushes["kind"] = decided.due.kind[rows]
    pushes["status"] = PushStatus.PUBLISHED
    chose = np.array([row in frame.choices for row in rows.tolist()], np.bool_)
    choices = [frame.choices[row] for row in rows[chose].tolist()]
    chosen = [choice.candidate for choice in choices]
    pushes["item"][chose] = decided.candidates.item[chosen]
    pushes["category"][chose] = decided.candidates.category[chosen]
    pushes["words"][chose] = [frame.words(choice.due, choice) for choice in choices]
    for name in ("sent_ms", "first_ms", "last_ms"):
        pushes[name] = NEVER_MS
    return pushes
