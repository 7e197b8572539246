from __future__ import annotations

import numpy as np
import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.candidates import SOURCES, gather, reason_codes, source_names
from streams.settings import Settings

NAMES = [
    "own_recent",
    "cart_left",
    "favourites",
    "neighbours",
    "category_trending",
    "trending",
    "arrivals",
    "ease",
    "followers",
    "complement",
    "price_drop",
    "repurchase",
    "rediscovered",
    "catalogue_news",
    "near_hot",
    "told_interests",
    "searched",
    "session_neighbours",
    "content",
    "segment_trending",
    "friends_bought",
]


def test_the_bits_of_the_sources_never_move():
    assert [source.name for source in SOURCES] == NAMES
    assert source_names(0b1000010) == ["cart_left", "arrivals"]
    assert reason_codes(0b0000011) == ["recently_viewed", "cart_left"]
    assert reason_codes(0) == []


def test_a_pair_of_two_sources_is_one_candidate_scored_by_noisy_or(build):
    due = build.due([[("a", EventType.CART, 0)]])
    shared = build.shared(trending={"a": 1.0})
    found = gather(due, shared, Settings())
    assert found.item.tolist() == [hash64("a")]
    assert found.sources.tolist() == [0b100011]
    expected = 1 - (1 - 0.75) * (1 - 0.9) * (1 - 0.2)
    assert found.source_score.tolist() == [pytest.approx(expected)]


def test_candidates_are_sorted_by_user_then_score_then_hash(build):
    found = gather(build.rich_due(), build.rich_shared(), Settings())
    keys = list(zip(found.due.tolist(), -found.source_score, found.item.tolist(), strict=True))
    assert keys == sorted(keys)


def test_the_item_of_the_trigger_is_a_candidate(build):
    due = build.due([[]], [TriggerKind.REPEAT_ITEM], ["a"])
    assert gather(due, build.shared(), Settings()).item.tolist() == [hash64("a")]


def test_a_follow_up_leads_with_the_neighbours_of_what_was_bought(build):
    views = [("seen", EventType.VIEW, 0)] * 9 + [("kettle", EventType.PURCHASE, 168)]
    shared = build.shared(neighbours={"kettle": {"descaler": 0.01}}, trending={"hit": 1.0})
    kinds = [TriggerKind.FOLLOW_UP, TriggerKind.CONTEXT_CHANGE]
    due = build.due([views, views], kinds, ["kettle", None])
    found = gather(due, shared, Settings())
    first = [found.item[found.due == user][0] for user in (0, 1)]
    assert first == [hash64("descaler"), hash64("seen")]
    assert hash64("kettle") not in found.item
    assert (found.source_score[(found.due == 0) & (found.item != first[0])] < 0.5).all()


def test_nothing_to_propose_is_an_empty_set_of_the_right_types(build):
    found = gather(build.due([[], []]), build.nothing(), Settings())
    assert len(found) == 0
    assert found.due.dtype == np.int64
    assert found.item.dtype == np.uint64
    assert found.sources.dtype == np.uint32
    assert found.source_score.dtype == np.float32


def test_a_follow_up_that_names_no_item_is_scored_alike_alone_and_beside_others(build):
    """Who allows no personalisation has asked about nothing."""
    kinds, histories = [TriggerKind.FOLLOW_UP] * 2, [[("a", EventType.VIEW, 0)]] * 2
    shared = build.shared(trending={"b": 1.0})
    both = gather(build.due(histories, kinds, [None, "c"]), shared, Settings())
    alone = gather(build.due(histories[:1], kinds[:1], [None]), shared, Settings())
    assert len(alone)
    mine = both.due == 0
    assert both.source_score[mine].tolist() == alone.source_score.tolist()
