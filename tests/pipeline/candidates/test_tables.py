"""The two sources that read the bundle's item tables."""

from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates import ease, followers
from streams.settings import Settings

VIEW = EventType.VIEW


@pytest.mark.parametrize(("module", "decay"), [(ease, 0.8), (followers, 0.6)])
def test_the_seeds_weights_add_up_with_the_sources_decay(build, module, decay):
    lists = {"a": {"x": 0.5, "y": 0.1}, "b": {"x": 0.25}}
    due = build.due([[("a", VIEW, 2), ("b", VIEW, 1)]])
    shared = build.shared(tables={module.TABLE: lists})
    found = build.rows(module.SOURCE.propose(due, shared, Settings()))
    x, y = 0.25 + decay * 0.5, decay * 0.1
    assert found == {
        (0, hash64("x")): pytest.approx(module.BEST_SCORE * x / (1 + x), rel=1e-6),
        (0, hash64("y")): pytest.approx(module.BEST_SCORE * y / (1 + y), rel=1e-6),
    }


@pytest.mark.parametrize("module", [ease, followers])
def test_without_its_table_it_has_nothing_to_say(build, module):
    due = build.due([[("a", VIEW, 2)]])
    assert not len(module.SOURCE.propose(due, build.shared(), Settings()))
