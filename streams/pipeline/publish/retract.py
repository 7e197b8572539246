"""Take back a published push that no longer stands, or move one that its user's zone lets sleep."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from schemas.recommendation import Experiment, PolicyTrace, Recommendation, Scores
from schemas.tables import DueUsers, Output
from schemas.vocabulary import ContextField, PushOrigin, PushStatus, TriggerKind
from streams.knowledge.catalogue import Catalogue
from streams.pipeline.aggregate.fates import pending, unsent
from streams.pipeline.allocate.recently_bought import bought
from streams.pipeline.policy.cap import fullest
from streams.pipeline.policy.consent import ALLOWED, consents
from streams.pipeline.policy.move import fits, moved
from streams.pipeline.policy.personalisation import personalisations
from streams.pipeline.policy.told import counted_times, is_zone, known_texts
from streams.pipeline.publish import form
from streams.pipeline.publish.fit import encode_fitting
from streams.pipeline.publish.frame import locales, model_ref, source_offsets
from streams.pipeline.publish.off_offer import off_offer
from streams.pipeline.publish.tables import Resources, SortKey
from streams.pipeline.publish.words import Words
from streams.pipeline.trigger.cart_left import taken_out
from streams.settings import Settings

NO_SCORES = Scores(temporal=None, context=None, fused=0.0, lambda_t=0.0, lambda_c=0.0)
RETRACTED = Experiment(arm="retract", holdout=False, propensity=1.0)


@dataclass(slots=True, frozen=True)
class Retracted:
    """Cancels and moves with their order, what each counts as, and the journal's part of them.

    ``marks``: (due row, index into that user's pushes); the caller sets these pushes to CANCELLED, that is
    why each is taken back once. ``moves``: the same with the beginning and the end of the new slot (ms). A push
    that was decided in shadow is marked or moved as well, without a record.
    """

    outputs: list[tuple[SortKey, Output]]
    marks: list[tuple[int, int]]
    moves: list[tuple[int, int, int, int]]
    counts: list[str]


def retract(
    due: DueUsers, settings: Settings, resources: Resources, catalogue: Catalogue
) -> Retracted:
    """Return a cancel for every outstanding push that its user's news has made pointless.

    Looks at rows of kind RETRACT alone. Outstanding: not expired, and not answered on any device: in a tray it
    is taken back, too. A cancel goes out in shadow mode, too, but of what was published when live: that must
    not outlive a withdrawal.
    """
    writer = _Writer(due, settings, resources)
    reasons = _Reasons(due, settings, resources, catalogue)
    retracted = Retracted([], [], [], [])
    zones = writer.zones
    for row in (due.kind == TriggerKind.RETRACT).nonzero()[0].tolist():
        pushes, now_ms = due.state.pushes.of(row).copy(), int(due.now_ms[row])
        standing = pending(pushes) & (pushes["expires_ms"] > now_ms)
        waits = unsent(pushes)
        for index in standing.nonzero()[0].tolist():
            push = pushes[index]
            action: Action = "cancel"
            reason = reasons.of(row, push)
            if reason is None:
                if not waits[index] or fits(push, zones[row], now_ms, settings):
                    continue
                reason, slot = "zone_changed", moved(pushes, index, zones[row], now_ms, settings)
                if slot is not None:
                    push["at_ms"], push["expires_ms"] = slot
                    push["revision"] += 1
                    retracted.moves.append((row, index, *slot))
                    action = "upsert"
            if action == "cancel":
                push["status"] = PushStatus.CANCELLED
                retracted.marks.append((row, index))
            if push["origin"] != PushOrigin.PUBLISHED:
                continue
            retracted.counts.append("cancelled" if action == "cancel" else "moved")
            output = writer.output(row, push, reason, action)
            retracted.outputs.append((writer.key(row, index), output))
    return retracted


Action = Literal["upsert", "cancel"]
_FIRST = -1
"""Before a decision of the same record, which may be about the same item again."""


def _level(action: Action, kind: int) -> Literal["passive", "active"]:
    return "passive" if action == "cancel" or kind in form.PASSIVE else "active"


class _Reasons:
    """Why a push to a row's user no longer stands, if so."""

    def __init__(
        self, due: DueUsers, settings: Settings, resources: Resources, catalogue: Catalogue
    ) -> None:
        self._cause = due.cause.tolist()
        self._off_offer = off_offer(due, catalogue, settings, resources.texts)
        self._item = due.item.tolist()
        self._bought = bought(due.state, due.now_ms, settings)
        self._consents = consents(due.state, settings)
        self._taken_out = taken_out(due.state)

    def of(self, row: int, push: Any) -> str | None:
        """The purchase that asks or any other; then consent, an older revision that was sent, the catalogue, the cart."""
        item = int(push["item"])
        if item == self._item[row] or (row, item) in self._bought:
            return "bought"
        if self._consents[row] not in ALLOWED:
            return "consent_withdrawn"
        if push["revision"] and int(push["id_lo"]) == self._cause[row]:
            return "older_revision_sent"
        if (row, item) in self._off_offer:
            return self._off_offer[row, item]
        about_cart = push["kind"] == TriggerKind.CART_LEFT and push["words"] == Words.ASKED
        return "cart_emptied" if about_cart and (row, item) in self._taken_out else None


class _Writer:
    """Builds cancel records from the journal."""

    def __init__(self, due: DueUsers, settings: Settings, resources: Resources) -> None:
        self._due, self._settings, self._resources = due, settings, resources
        self._times = counted_times(due.state)
        self._consents = consents(due.state, settings)
        self._personalisations = personalisations(due.state)
        self._offsets = source_offsets(due, resources)
        self._locales = locales(due.state, settings, resources)
        self.zones = known_texts(
            due.state,
            ContextField.TIMEZONE,
            resources.texts,
            settings.default_timezone,
            valid=is_zone,
        )

    def key(self, row: int, index: int) -> SortKey:
        due = self._due
        due_ms = int(due.due_ms[row])
        phase = 0 if due_ms >= 0 else 1
        return SortKey(int(due.pos[row]), phase, due_ms, due.state.keys[row], _FIRST, index)

    def output(self, row: int, push: np.void, reason: str, action: Action) -> Output:
        record = self._record(row, push, reason, action)
        return Output(
            "recommendations", record.subscriber_id.encode(), encode_fitting(record, self._settings)
        )

    def _record(self, row: int, push: Any, reason: str, action: Action) -> Recommendation:
        resources, state, settings = self._resources, self._due.state, self._settings
        asked = int(push["kind"]), Words(int(push["words"]))
        about, user = (int(push["item"]), int(push["category"])), state.keys[row].hex()
        known = resources.item(about[0], int(self._due.reached_ms[row]))
        created, send_after, expires, now = self._moments(row, push)
        return Recommendation(
            recommendation_id=str(uuid.UUID(int=int(push["id_hi"]) << 64 | int(push["id_lo"]))),
            action=action,
            revision=int(push["revision"]),
            tenant=settings.tenant,
            subscriber_id=resources.unseal(state.sealed[row], state.keys[row]),
            created_at=created,
            send_after=send_after,
            expires_at=expires,
            priority="normal",
            interruption_level=_level(action, int(push["kind"])),
            relevance_score=0.0,
            locale=self._locales[row],
            image_url=form.image_url(known) if action == "upsert" else None,
            offer=form.standing_offer(known, int(push["at_ms"])) if action == "upsert" else None,
            reason_codes=[reason],
            scores=NO_SCORES,
            policy=self._policy(row, int(push["at_ms"])),
            experiment=RETRACTED,
            model=model_ref(resources),
            features_as_of=now,
            source_offsets=self._offsets[row],
            degraded=False,
            **form.presented(asked, about, user, settings, known, resources),
        )

    def _moments(self, row: int, push: Any) -> list[str]:
        """When the push was decided, was to go and expires, and now."""
        times_ms = [push["created_ms"], push["at_ms"], push["expires_ms"], self._due.now_ms[row]]
        return form.rfc3339(np.array(times_ms, np.int64))

    def _policy(self, row: int, at_ms: int) -> PolicyTrace:
        """The numbers as they are now; the push itself is not among those that fill the cap."""
        settings = self._settings
        return PolicyTrace(
            cap_used=fullest(self._times[row], at_ms) - 1,
            cap_limit=settings.cap_per_day,
            quiet_hours=f"{settings.quiet_start}-{settings.quiet_end}",
            timezone=self.zones[row],
            consent=self._consents[row],
            personalisation=self._personalisations[row],
        )
