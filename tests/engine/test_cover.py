"""How much of what users touch the catalogue knows."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from schemas.ids import hash64
from streams.engine.cover import DAY_MS, Cover, cover

KNOWN = np.array([hash64("kettle"), hash64("mug")], np.uint64)


def record(timestamp, **told):
    return SimpleNamespace(timestamp=timestamp, value=json.dumps(told).encode())


def found(*records):
    return cover(records, lambda items: np.isin(items, KNOWN))


def test_items_of_clicks_and_of_order_lines_count_once():
    lines = [{"item_id": "mug"}, {"item_id": "lamp", "quantity": 2}]
    told = found(
        record(1, item_id="kettle"),
        record(2, item_id="kettle", event="view"),
        record(3, lines=lines),
    )
    assert told == Cover(touched=3, known=2)


def test_the_day_before_the_newest_record_does_not_count():
    assert found(record(1, item_id="lamp"), record(1 + DAY_MS, item_id="mug")) == Cover(1, 1)


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b"[]", b'{"item_id":7}', b'{"lines":[3]}', b"\xff"]
)
def test_what_cannot_be_read_touches_nothing(value):
    assert cover([SimpleNamespace(timestamp=5, value=value)], lambda items: items > 0) == Cover(
        0, 0
    )


@pytest.mark.parametrize(
    ("touched", "known", "is_poor"), [(0, 0, False), (2, 1, False), (3, 1, True), (1, 0, True)]
)
def test_less_than_half_is_poor(touched, known, is_poor):
    assert Cover(touched, known).is_poor == is_poor
