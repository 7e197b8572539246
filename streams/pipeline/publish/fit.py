"""A recommendation must fit into a push message, a decision into a record, whatever they are about."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from schemas.decision import CandidateTrace, Decision
from schemas.recommendation import Recommendation
from streams.pipeline.publish.form import deep_link
from streams.settings import Settings
from streams.shared.sizes import LARGEST_BYTES

ROOM_BYTES = 3_840
"""Push services take 4,096; the rest is for what their envelopes add."""
LONGEST_TITLE = 100
DROPPED = "candidates_dropped"
"""Among a decision's numbers: how many candidates it had besides those that it names."""
_ENVELOPE_BYTES = 1_000
"""More than a decision's key, and that number."""

ENCODER = msgspec.json.Encoder()


def encode_fitting(record: Recommendation, settings: Settings) -> bytes:
    """Return the record as JSON; what adorns it goes, least missed first, until it fits."""
    value = ENCODER.encode(record)
    for spare in SPARES:
        if len(value) <= ROOM_BYTES:
            break
        record = spare(record, settings)
        value = ENCODER.encode(record)
    return value


def encode_decision(record: Decision) -> bytes:
    """Return the record as JSON; its last candidates go, never the chosen one, until it fits."""
    value = ENCODER.encode(record)
    excess = len(value) - (LARGEST_BYTES - _ENVELOPE_BYTES)
    if excess <= 0:
        return value
    kept = _without_last(record.candidates, record.chosen_item_id, excess)
    numbers = record.numbers | {DROPPED: len(record.candidates) - len(kept)}
    return ENCODER.encode(replace(record, candidates=kept, numbers=numbers))


def _without_last(
    candidates: list[CandidateTrace], chosen: str | None, excess: int
) -> list[CandidateTrace]:
    kept = []
    for candidate in reversed(candidates):
        if excess > 0 and candidate.item_id != chosen:
            excess -= len(ENCODER.encode(candidate)) + 1
        else:
            kept.append(candidate)
    return kept[::-1]


def _clip_titles(record: Recommendation, _: Settings) -> Recommendation:
    args = [arg[:LONGEST_TITLE] for arg in record.title_loc_args]
    items = [
        replace(item, title=None if item.title is None else item.title[:LONGEST_TITLE])
        for item in record.items
    ]
    return replace(record, title_loc_args=args, items=items)


def _drop_categories(record: Recommendation, _: Settings) -> Recommendation:
    return replace(record, items=[replace(item, category_id=None) for item in record.items])


def _make_link(record: Recommendation, settings: Settings) -> Recommendation:
    """The last resort: the link that an item without one gets."""
    return replace(record, deep_link=deep_link(record.items[0].item_id, None, settings))


SPARES: tuple[Callable[[Recommendation, Settings], Recommendation], ...] = (
    _clip_titles,
    lambda record, _: replace(record, image_url=None),
    lambda record, _: replace(record, offer=None),
    lambda record, _: replace(record, items=[replace(item, title=None) for item in record.items]),
    _drop_categories,
    _make_link,
)
