from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from models.bundle import Platt, Weights
from models.bundle.odds import calibrate, logit, sigmoid, stack, weighted_sum

P = st.floats(0, 1)
LAMBDA = st.floats(-10, 10)


@settings(max_examples=examples(100), deadline=None)
@given(P, P, LAMBDA, LAMBDA, st.floats(-20, 20))
def test_every_fusion_is_a_probability(
    t: float, c: float, l_t: float, l_c: float, b: float
) -> None:
    weights = Weights(lambda_t=l_t, lambda_c=l_c, bias=b)
    for rule in (stack, weighted_sum):
        h = rule(np.array([t]), np.array([c]), weights)[0]
        assert 0 <= h <= 1


@settings(max_examples=examples(100), deadline=None)
@given(st.floats(1e-6, 1 - 1e-6))
def test_log_odds_and_back_is_the_same(p: float) -> None:
    assert sigmoid(logit(np.array([p])))[0] == pytest.approx(p, rel=1e-9)


def test_the_identity_calibration_changes_nothing_and_not_known_stays_so() -> None:
    p = np.array([0.1, np.nan, 0.9])
    assert np.allclose(calibrate(p, Platt()), p, equal_nan=True)


def test_the_articles_sum_with_scaled_weights() -> None:
    t, c = np.array([0.8]), np.array([0.2])
    assert weighted_sum(t, c, Weights(lambda_t=3, lambda_c=1))[0] == pytest.approx(0.65)
    assert weighted_sum(t, c, Weights(lambda_t=0, lambda_c=0))[0] == pytest.approx(0.5)
    assert weighted_sum(t, c, Weights(lambda_t=1, lambda_c=-5))[0] == pytest.approx(0.8)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 9, 256])
def test_fused_numbers_are_bit_equal_in_batches_of(size: int) -> None:
    rng = np.random.default_rng(0)
    t, c, w = rng.random(256), rng.random(256), Weights(lambda_t=0.7, lambda_c=0.4, bias=0.1)

    def fused(rows: slice) -> bytes:
        return stack(calibrate(t[rows], Platt(a=1.1, b=0.2)), c[rows], w).tobytes()

    cuts = [slice(i, i + size) for i in range(0, 256, size)]
    assert b"".join(map(fused, cuts)) == fused(slice(None))
