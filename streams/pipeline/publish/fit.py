"""A recommendation must fit into a push message, whatever the catalogue holds."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from schemas.recommendation import Recommendation
from streams.pipeline.publish.form import deep_link

ROOM_BYTES = 3_840
"""Push services take 4,096; the rest is for what their envelopes add."""
LONGEST_TITLE = 100

ENCODER = msgspec.json.Encoder()


def encode_fitting(record: Recommendation) -> bytes:
    """Return the record as JSON; what adorns it goes, least missed first, until it fits."""
    value = ENCODER.encode(record)
    for spare in SPARES:
        if len(value) <= ROOM_BYTES:
            break
        record = spare(record)
        value = ENCODER.encode(record)
    return value


def _clip_titles(record: Recommendation) -> Recommendation:
    args = [arg[:LONGEST_TITLE] for arg in record.title_loc_args]
    items = [
        replace(item, title=None if item.title is None else item.title[:LONGEST_TITLE])
        for item in record.items
    ]
    return replace(record, title_loc_args=args, items=items)


def _drop_categories(record: Recommendation) -> Recommendation:
    return replace(record, items=[replace(item, category_id=None) for item in record.items])


def _make_link(record: Recommendation) -> Recommendation:
    """The last resort: the link that an item without one gets."""
    return replace(record, deep_link=deep_link(record.items[0].item_id, None))


SPARES: tuple[Callable[[Recommendation], Recommendation], ...] = (
    _clip_titles,
    lambda record: replace(record, image_url=None),
    lambda record: replace(record, offer=None),
    lambda record: replace(record, items=[replace(item, title=None) for item in record.items]),
    _drop_categories,
    _make_link,
)
