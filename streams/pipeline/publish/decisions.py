"""The record of what was considered and chosen: replay, training and `explain` read it."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.decision import CandidateTrace, Decision, TriggerTrace
from schemas.tables import CandidateSet
from schemas.vocabulary import Scene
from streams.pipeline.policy.calendar import DAY_MS
from streams.pipeline.publish.form import item_name
from streams.pipeline.publish.frame import Frame, packed, recent_pushes

T = TypeVar("T")
SCENE_NAMES = tuple(scene.name.lower() for scene in Scene)


class Decisions:
    """Builds the `Decision` of each row of a frame."""

    def __init__(self, frame: Frame) -> None:
        due, candidates = frame.decided.due, frame.decided.candidates
        self._frame = frame
        self._cause, self._item = due.cause.tolist(), due.item.tolist()
        self._category = due.category.tolist()
        scored = frame.decided.scored
        self._features = self._spread(packed(scored.features, len(scored)), b"")
        self._steps = self._spread(packed(scored.steps, len(scored)), b"")
        self._scene = self._spread(_scenes(scored.scene, len(scored)), {})
        self._pushes = recent_pushes(due.state)
        self._debounce = _debounces(frame)
        self._candidates = _traces(frame, candidates)

    def of(self, row: int) -> Decision:
        """Return the decision of a row."""
        frame, resources = self._frame, self._frame.resources
        return Decision(
            decision_id=frame.ids[row],
            tenant=frame.settings.tenant,
            user=frame.users[row],
            decided_at=frame.now[row],
            now_ms=frame.now_ms[row],
            partition=frame.places[row][0],
            position=frame.places[row][1],
            trigger=self._trigger(row),
            numbers=self._numbers(row),
            journal=self._journal(row),
            contract=resources.contract_hash,
            features=self._features[row],
            scene=self._scene[row],
            candidates=self._candidates[slice(*frame.bounds[row : row + 2])],
            policy=frame.policy[row],
            experiment=frame.experiment(row),
            epoch=resources.epoch,
            epoch_gone=resources.epoch_gone,
            catalog_version=resources.catalog_version(frame.reached_ms[row]),
            catalog_offsets=resources.catalog_offsets(frame.reached_ms[row]),
            catalog_ms=frame.reached_ms[row],
            unknown_items=resources.unknown_items(frame.reached_ms[row]),
            model=frame.model,
            source_offsets=frame.offsets[row],
            degraded=frame.degraded(row),
            steps=self._steps[row],
            **self._outcome(row),
        )

    def _outcome(self, row: int) -> dict[str, Any]:
        """What was chosen, also of one that was stopped then; and the rule that stopped it."""
        frame = self._frame
        choice, stop = frame.choices.get(row), frame.stops.get(row)
        told: dict[str, Any] = {"outcome": "recommended", "reason": None, "rule": None}
        if stop is not None:
            told = {"outcome": "suppressed", "reason": stop.reason.value, "rule": stop.rule}
        if choice is None:
            return told | {"chosen_item_id": None, "scores": None}
        item = item_name(frame.item[choice.candidate], frame.resources)
        return told | {"chosen_item_id": item, "scores": frame.scores[choice.candidate]}

    def _trigger(self, row: int) -> TriggerTrace:
        frame, texts = self._frame, self._frame.resources.texts
        due_ms, item, category = frame.due_ms[row], self._item[row], self._category[row]
        return TriggerTrace(
            kind=frame.trigger(row),
            event_hash=f"{self._cause[row]:016x}",
            due_ms=due_ms if due_ms >= 0 else None,
            item_id=item_name(item, frame.resources) if item else None,
            category_id=texts(category) if category else None,
        )

    def _numbers(self, row: int) -> dict[str, Any]:
        """The numbers of the rule that stopped it, and the slot of what was chosen."""
        frame = self._frame
        stop = frame.stops.get(row)
        numbers = {} if stop is None else stop.numbers
        if row not in frame.choices:
            return numbers
        view = frame.decided.view
        return (
            numbers
            | self._price(row)
            | {
                "send_after_ms": int(view.send_after_ms[row]),
                "expires_ms": int(view.expires_ms[row]),
                "shifted": bool(view.shifted[row]),
            }
        )

    def _price(self, row: int) -> dict[str, float]:
        """How much probability the order by worth gave up against the order by probability."""
        choice = self._frame.choices[row]
        if self._frame.decided.candidates.penalty is None or choice.arm != "best":
            return {}
        stopped_by, scores = self._frame.decided.stopped_by, self._frame.scores
        allowed = [i for i in self._frame.ranked[row] if stopped_by[i] is None]
        most = max(scores[i].fused for i in allowed)
        return {"diversity_price": most - scores[choice.candidate].fused}

    def _journal(self, row: int) -> dict[str, Any]:
        """The journal values that rules read: pushes as far back as any rule looks."""
        frame, settings = self._frame, self._frame.settings
        reach_ms = max(settings.item_cooldown_ms, settings.min_gap_ms, DAY_MS)
        since_ms = frame.now_ms[row] - reach_ms
        return {
            "pushes": [push for push in self._pushes[row] if push[0] > since_ms],
            "debounce_ms": self._debounce.get((row, frame.kind[row])),
            "cap_used": frame.policy[row].cap_used,
            "cap_limit": settings.cap_per_day,
            "min_gap_ms": settings.min_gap_ms,
        }

    def _spread(self, values: list[T], nothing: T) -> list[T]:
        """What the scored rows have, for all rows."""
        decided = self._frame.decided
        found = [nothing] * len(decided.due)
        for row, value in zip(decided.scored_rows.tolist(), values, strict=True):
            found[row] = value
        return found


def _scenes(rows: NDArray[np.float32] | None, count: int) -> list[dict[str, float]]:
    """Each row's probabilities by name, those that are known."""
    if rows is None:
        return [{}] * count
    told = (zip(SCENE_NAMES, row, strict=True) for row in rows.astype(np.float64).tolist())
    return [{name: p for name, p in pairs if math.isfinite(p)} for pairs in told]


def _traces(frame: Frame, candidates: CandidateSet) -> list[CandidateTrace]:
    """All candidates of the wave, in their order."""
    names = {item: item_name(item, frame.resources) for item in set(frame.item)}
    columns = (
        [names[item] for item in frame.item], _names_of_masks(frame),
        packed(candidates.features, len(candidates)),
        frame.scores, frame.propensity, frame.decided.stopped_by, _penalties(candidates),
        packed(candidates.by_source if candidates.h_r is not None else None, len(candidates)),
    )  # fmt: skip
    return list(map(CandidateTrace, *columns))


def _penalties(candidates: CandidateSet) -> list[float]:
    return [0.0] * len(candidates) if candidates.penalty is None else candidates.penalty.tolist()


def _debounces(frame: Frame) -> dict[tuple[int, int], int]:
    debounce = frame.decided.due.state.debounce
    columns = (debounce.slots, debounce.data["kind"], debounce.data["at_ms"])
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {(slot, kind): at_ms for slot, kind, at_ms in rows}


def _names_of_masks(frame: Frame) -> list[list[str]]:
    masks = frame.decided.candidates.sources.tolist()
    names = {mask: frame.resources.sources(mask) for mask in sorted(set(masks))}
    return [names[mask] for mask in masks]
