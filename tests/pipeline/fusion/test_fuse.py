from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from models.bundle import Bundle, Weights
from schemas.tables import CandidateSet
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.pipeline.fusion import blend, degraded, fuse, rank_weights, ranked_pairs, weights
from streams.settings import Settings

NOTHING = Shared(None, Catalogue())
SCORE = st.floats(0, 1) | st.just(math.nan)
RULES = ("log_odds", "weighted_sum")


def pairs(h_t: list[float], h_c: list[float], source: list[float]) -> CandidateSet:
    n = len(h_t)
    none = np.zeros(n, np.uint64)
    return CandidateSet(
        np.zeros(n, np.int64), none, none, np.ones(n, np.uint32), np.array(source, np.float32),
        h_t=np.array(h_t), h_c=np.array(h_c),
    )  # fmt: skip


def test_the_ranker_joins_where_all_three_speak_and_only_there() -> None:
    three = {"pair": Weights(), "ranked": Weights(lambda_t=0.5, lambda_c=0.0, bias=1, lambda_r=2)}
    bundle = Bundle("b", "", SimpleNamespace(fusion=three), None, {})  # type: ignore[arg-type]
    told = pairs([0.2, 0.2, math.nan], [0.4, 0.4, 0.4], [0, 0, 0])
    told.h_r = np.array([0.7, math.nan, 0.7])
    h = fuse(told, bundle, NOTHING, Settings()).h
    alone = fuse(replace(told, h_r=None), bundle, NOTHING, Settings()).h
    assert h is not None
    assert alone is not None
    z = 0.5 * math.log(0.2 / 0.8) + 2 * math.log(0.7 / 0.3) + 1
    assert h.tolist() == [pytest.approx(1 / (1 + math.exp(-z))), alone[1], alone[2]]
    assert ranked_pairs(told).tolist() == [True, False, False]


@pytest.mark.parametrize("told", [Settings(lambda_r=0), Settings(fusion="weighted_sum")])
def test_a_ranker_that_is_told_to_be_silent_has_no_weights(told: Settings) -> None:
    fused = {"ranked": Weights(lambda_r=2)}
    bundle = Bundle("b", "", SimpleNamespace(fusion=fused), None, {})  # type: ignore[arg-type]
    assert rank_weights(bundle, told) is None
    assert rank_weights(bundle, Settings(lambda_r=3)) == Weights(lambda_r=3)
    assert rank_weights(None, Settings()) is None


def bundle_with(fused: Weights) -> Bundle:
    return Bundle("b", "", SimpleNamespace(fusion={"pair": fused}), None, {})  # type: ignore[arg-type]


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(st.tuples(SCORE, SCORE, SCORE), min_size=1, max_size=20),
    st.floats(-10, 10),
    st.floats(-10, 10),
    st.sampled_from(RULES),
)
def test_whatever_the_experts_give_the_result_is_a_probability(
    rows: list[tuple[float, float, float]], l_t: float, l_c: float, rule: str
) -> None:
    told = Settings(lambda_t=l_t, lambda_c=l_c, fusion=rule)
    h = fuse(pairs(*map(list, zip(*rows, strict=True))), None, NOTHING, told).h
    assert h is not None
    assert np.isfinite(h).all()
    assert ((h >= 0) & (h <= 1)).all()


@settings(max_examples=examples(50), deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.floats(0.1, 3), st.floats(0.1, 3))
def test_log_odds_fusion_is_its_formula(t: float, c: float, l_t: float, l_c: float) -> None:
    told = Settings(lambda_t=l_t, lambda_c=l_c)
    h = fuse(pairs([t], [c], [0]), None, NOTHING, told).h
    assert h is not None
    z = l_t * math.log(t / (1 - t)) + l_c * math.log(c / (1 - c))
    assert h[0] == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-9)


def test_the_articles_sum_is_a_setting() -> None:
    told = Settings(lambda_t=0.6, lambda_c=0.2, fusion="weighted_sum")
    h = fuse(pairs([0.8], [0.4], [0]), None, NOTHING, told).h
    assert h is not None
    assert h[0] == pytest.approx(0.75 * 0.8 + 0.25 * 0.4)


@pytest.mark.parametrize("rule", RULES)
def test_a_missing_expert_leaves_the_word_to_the_other(rule: str) -> None:
    nan = math.nan
    h = fuse(
        pairs([0.3, nan, nan], [nan, 0.2, nan], [1, 1, 0.5]), None, NOTHING, Settings(fusion=rule)
    ).h
    assert h is not None
    assert h.tolist() == pytest.approx([0.3, 0.2, 0.05])


def test_degraded_says_which() -> None:
    nan = math.nan
    mixed = pairs([0.3, nan, 0.3, nan], [nan, 0.2, 0.2, nan], [1, 1, 1, 1])
    assert degraded(mixed).tolist() == [True, True, False, True]
    assert degraded(replace(mixed, h_t=None)).all()


def test_without_experts_the_sources_keep_their_order_and_promise_little() -> None:
    h = blend(np.full(3, np.nan), np.full(3, np.nan), np.array([0.1, 0.9, np.nan]), Weights())
    assert 0 == h[2] < h[0] < h[1] <= 0.1


def test_settings_win_over_the_epoch_and_that_over_the_bundle() -> None:
    bundle = bundle_with(Weights(lambda_t=1.0, lambda_c=2.0, bias=3.0))
    epoch = SimpleNamespace(lambda_t=4.0, lambda_c=5.0, bias=None)
    learned = Shared(epoch, Catalogue())  # type: ignore[arg-type]
    assert weights(bundle, NOTHING, Settings()) == Weights(lambda_t=1.0, lambda_c=2.0, bias=3.0)
    assert weights(bundle, learned, Settings()) == Weights(lambda_t=4.0, lambda_c=5.0, bias=3.0)
    told = Settings(lambda_t=0.0)
    assert weights(bundle, learned, told) == Weights(lambda_t=0.0, lambda_c=5.0, bias=3.0)


def test_without_bundle_and_epoch_both_experts_count_half() -> None:
    assert weights(None, None, Settings()) == Weights(lambda_t=0.5, lambda_c=0.5, bias=0.0)


def test_no_pairs_fuse_to_none() -> None:
    h = fuse(pairs([], [], []), None, NOTHING, Settings()).h
    assert h is not None
    assert len(h) == 0


def test_what_went_in_is_not_changed() -> None:
    given_pairs = pairs([0.3], [0.4], [0.5])
    fuse(given_pairs, None, NOTHING, Settings())
    assert given_pairs.h is None
