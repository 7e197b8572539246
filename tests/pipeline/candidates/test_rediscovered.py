from __future__ import annotations

import numpy as np

from schemas.ids import hash64
from streams.pipeline.candidates.rediscovered import EACH_DAY, SOURCE
from streams.settings import Settings

DAY_H = 24


def shop(build, **more):
    items = [
        {"item_id": f"old{n}", "created_ts": build.now_ms - (40 + n) * DAY_H * build.hour_ms}
        for n in range(350)
    ]
    fresh = {"item_id": "fresh", "created_ts": build.now_ms - DAY_H * build.hour_ms}
    return build.shared(catalogue=[*items, fresh], **more)


def test_over_the_days_every_cold_item_is_offered_to_somebody_and_none_that_is_new(build):
    shared, seen = shop(build), set()
    for day in range(30):
        due = build.due([[] for _ in range(60)], now_ms=build.now_ms + day)
        due.now_ms = due.now_ms + day * DAY_H * build.hour_ms
        found = SOURCE.propose(due, shared, Settings())
        assert np.bincount(found.due).max() <= EACH_DAY
        seen |= set(found.item.tolist())
    assert hash64("fresh") not in seen
    assert len(seen) > 340


def test_the_same_day_offers_the_same(build):
    shared = shop(build)
    first, second = (
        SOURCE.propose(build.due([[]], now_ms=build.now_ms + ms), shared, Settings())
        for ms in (0, 1000)
    )
    assert first.item.tolist() == second.item.tolist()


def test_what_people_meet_anyway_is_not_cold(build):
    shared = shop(build, neighbours={f"old{n}": {"x": 0.5} for n in range(350)})
    assert not len(SOURCE.propose(build.due([[]]), shared, Settings()))
