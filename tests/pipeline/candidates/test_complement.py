from __future__ import annotations

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.complement import SOURCE
from streams.settings import Settings

BUY = EventType.PURCHASE


def shared(build):
    return build.shared(
        neighbours={"tent": {"bag": 0.5, "tent2": 0.5, "unknown": 0.5}},
        categories={"tent": "tents", "tent2": "tents", "bag": "bags"},
    )


def test_what_goes_with_a_purchase_is_of_another_category(build):
    due = build.due([[("tent", BUY, 5)]])
    found = build.rows(SOURCE.propose(due, shared(build), Settings()))
    assert set(found) == {(0, hash64("bag"))}


def test_a_look_or_an_old_purchase_asks_for_nothing(build):
    due = build.due([[("tent", EventType.VIEW, 5)], [("tent", BUY, 31 * 24)]])
    assert not len(SOURCE.propose(due, shared(build), Settings()))
