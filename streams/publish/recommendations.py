"""The product: a push candidate that the push service may send in its slot."""

from __future__ import annotations

from schemas.recommendation import Recommendation
from schemas.tables import Choice
from streams.publish import form
from streams.publish.frame import Frame, locales


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
        frame, resources = self._frame, self._frame.resources
        item = frame.item[choice.candidate]
        kind, known, pushed = frame.kind[row], resources.item(item), form.push_item(item, resources)
        scores = frame.scores[choice.candidate]
        category = int(frame.decided.candidates.category[choice.candidate])
        return Recommendation(
            recommendation_id=frame.ids[row],
            action="upsert",
            tenant=frame.settings.tenant,
            subscriber_id=resources.unseal(frame.decided.due.state.sealed[row]),
            created_at=frame.now[row],
            send_after=self._send_after[row],
            expires_at=self._expires_at[row],
            collapse_key=form.collapse_key(frame.settings.tenant, frame.users[row], item),
            thread_id=form.thread_id(kind, category),
            priority="high" if form.is_urgent(kind, self._shifted[row]) else "normal",
            interruption_level="passive" if kind in form.PASSIVE else "active",
            relevance_score=scores.fused,
            category=pushed.category_id or resources.texts(category) or "",
            template_id=form.template_id(kind),
            locale=self._locales[row],
            title_loc_key=form.template_id(kind) + ".title",
            title_loc_args=[pushed.title or pushed.item_id],
            deep_link=form.deep_link(pushed.item_id, known),
            image_url=form.image_url(known),
            offer=form.standing_offer(known, self._send_after_ms[row]),
            items=[pushed],
            trigger=frame.trigger(row),
            reason_codes=self._reasons(row, choice),
            scores=scores,
            policy=frame.policy[row],
            experiment=frame.experiment(row),
            model=frame.model,
            features_as_of=frame.now[row],
            source_offsets=frame.offsets[row],
            degraded=frame.degraded(row),
        )

    def _reasons(self, row: int, choice: Choice) -> list[str]:
        """The trigger, then why the item was a candidate, then what policy and chance did."""
        frame = self._frame
        mask = int(frame.decided.candidates.sources[choice.candidate])
        reasons = [frame.trigger(row), *frame.resources.reasons(mask)]
        if self._shifted[row]:
            reasons.append("quiet_hours_shifted")
        if self._timed[row]:
            reasons.append("best_moment")
        if choice.arm == "explore":
            reasons.append("explored")
        return list(dict.fromkeys(reasons))
