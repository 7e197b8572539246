"""What each source gave a pair, as the ranker reads it."""

from __future__ import annotations

import numpy as np

from schemas.vocabulary import CANDIDATE_SOURCES
from streams.pipeline.candidates import SOURCES, gather
from streams.settings import Settings

SETTINGS = Settings(candidates_per_source=5)


def test_the_ranker_knows_the_sources_by_their_bits() -> None:
    assert tuple(source.name for source in SOURCES) == CANDIDATE_SOURCES


def test_what_a_source_proposes_alone_is_what_the_pair_tells_of_it(build) -> None:
    due, shared = build.rich_due(), build.rich_shared()
    found = gather(due, shared, SETTINGS)
    row = {pair: n for n, pair in enumerate(zip(found.due, found.item, strict=True))}
    expected = np.zeros_like(found.by_source)
    for bit, source in enumerate(SOURCES):
        alone = source.propose(due, shared, SETTINGS)
        for pair, score in zip(zip(alone.due, alone.item, strict=True), alone.score, strict=True):
            if pair in row:  # who is asked about news is offered nothing else
                expected[row[pair], bit] = score
    assert found.by_source.tobytes() == expected.tobytes()
    assert (found.by_source > 0).any(axis=0).all()


def test_nothing_proposed_is_nothing_by_source_either(build) -> None:
    found = gather(build.due([]), build.nothing(), SETTINGS)
    assert found.by_source.shape == (0, len(SOURCES))
