"""The product: a push candidate that the push service may send in its slot."""

from __future__ import annotations

from schemas.recommendation import Recommendation
from schemas.tables import Choice
from streams.pipeline.policy.personalisation import DENIED
from streams.pipeline.publish import form
from streams.pipeline.publish.frame import Frame, locales
from streams.pipeline.publish.words import Words


class Recommendations:
    """Builds the `Recommendation` of each row of a frame that has a choice."""

    def __init__(self, frame: Frame) -> None:
        due, view = frame.decided.due, frame.decided.view
        self._frame = frame
        self._send_after_ms = view.send_after_ms.tolist()
        self._send_after = form.rfc3339(view.send_after_ms)
        self._expires_at = form.rfc3339(view.expires_ms)
        self._shifted = view.shifted.tolist()
        self._timed = view.timed.tolist()
        self._locales = locales(due.state, frame.settings, frame.resources)

    def of(self, row: int, choice: Choice) -> Recommendation:
        """Return the recommendation of a row's choice."""
        frame, resources, settings = self._frame, self._frame.resources, self._frame.settings
        item, kind, user = frame.item[choice.candidate], frame.kind[row], frame.users[row]
        category = int(frame.decided.candidates.category[choice.candidate])
        words = frame.words(row, choice)
        state, known, scores = (
            frame.decided.due.state,
            resources.item(item, frame.reached_ms[row]),
            frame.scores[choice.candidate],
        )
        return Recommendation(
            recommendation_id=frame.ids[row],
            action="upsert",
            tenant=settings.tenant,
            subscriber_id=resources.unseal(state.sealed[row], state.keys[row]),
            created_at=frame.now[row],
            send_after=self._send_after[row],
            expires_at=self._expires_at[row],
            priority="high" if form.is_urgent(kind, words, self._shifted[row]) else "normal",
            interruption_level="passive" if kind in form.PASSIVE else "active",
            relevance_score=scores.fused,
            locale=self._locales[row],
            image_url=form.image_url(known),
            offer=form.standing_offer(known, self._send_after_ms[row]),
            reason_codes=self._reasons(row, choice, words),
            scores=scores,
            policy=frame.policy[row],
            experiment=frame.experiment(row),
            model=frame.model,
            features_as_of=frame.now[row],
            source_offsets=frame.offsets[row],
            degraded=frame.degraded(row),
            **form.presented((kind, words), (item, category), user, settings, known, resources),
        )

    def _reasons(self, row: int, choice: Choice, words: Words) -> list[str]:
        """The trigger if it is about the item, then why that was a candidate, then policy and chance."""
        frame = self._frame
        mask = int(frame.decided.candidates.sources[choice.candidate])
        reasons = [frame.trigger(row)] if words == Words.ASKED else []
        reasons += frame.resources.reasons(mask)
        if frame.policy[row].personalisation == DENIED:
            reasons.append("personalisation_denied")
        if self._shifted[row]:
            reasons.append("quiet_hours_shifted")
        if self._timed[row]:
            reasons.append("best_moment")
        if choice.arm == "explore":
            reasons.append("explored")
        return list(dict.fromkeys(reasons))
