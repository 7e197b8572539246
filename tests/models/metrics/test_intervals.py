"""Intervals and gains on known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models.metrics.intervals import (
    Sample,
    auc_interval,
    log_loss_gain,
    measures,
    reliability,
    weighted_auc,
)


def sample_of(label, users=50):
    count = len(label)
    return Sample(np.asarray(label, bool), np.arange(count) % users, np.zeros(count, np.int64))


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40
    )
)
def test_the_weighted_auc_is_that_of_repeated_rows(rows) -> None:
    score, label, weight = (np.array(column) for column in zip(*sorted(rows), strict=True))
    repeated = np.repeat(label, weight)
    if not 0 < repeated.sum() < len(repeated):
        return
    starts = np.flatnonzero(np.concatenate(([True], score[1:] != score[:-1])))
    expected = roc_auc_score(repeated, np.repeat(score, weight))
    assert weighted_auc(weight, label.astype(bool), starts) == pytest.approx(expected)


def test_the_interval_holds_the_auc_and_narrows_with_more_users() -> None:
    rng = np.random.default_rng(0)
    score = rng.random(4_000)
    label = rng.random(4_000) < score
    few = auc_interval(score, sample_of(label, 10), 0)
    many = auc_interval(score, sample_of(label, 1_000), 0)
    auc = roc_auc_score(label, score)
    assert few[0] < auc < few[1]
    assert many[0] < auc < many[1]


def test_users_who_repeat_themselves_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    score = np.repeat(rng.random(100), 40)
    label = np.repeat(rng.random(100) < score[::40], 40)
    by_user = Sample(label, np.repeat(np.arange(100), 40), np.zeros(4_000, np.int64))
    by_row = sample_of(label, 4_000)
    wide, narrow = (auc_interval(score, sample, 0) for sample in (by_user, by_row))
    assert wide[1] - wide[0] > 3 * (narrow[1] - narrow[0])


def test_a_gain_over_oneself_is_nothing_and_over_a_worse_score_is_sure() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(5_000)
    sample = sample_of(rng.random(5_000) < truth)
    assert log_loss_gain(truth, truth, sample, 0) == {"gain": 0, "ci_low": 0, "ci_high": 0}
    found = log_loss_gain(truth, np.full(5_000, 0.5), sample, 0)
    assert found["ci_low"] > 0


def test_one_class_alone_has_no_auc_and_no_interval() -> None:
    found = measures(np.full(10, 0.1), sample_of([False] * 10), 0)
    assert found["auc"] is found["ci_low"] is found["ci_high"] is None
    assert found["base_rate"] == 0


def test_nothing_to_measure_is_none() -> None:
    nobody = sample_of([])
    assert measures(np.zeros(0), nobody, 0)["base_rate"] is None
    assert log_loss_gain(np.zeros(0), np.zeros(0), nobody, 0)["gain"] is None


def test_reliability_of_a_true_probability_lies_on_the_diagonal() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(50_000)
    points = reliability(truth, rng.random(50_000) < truth)
    assert len(points) == 10
    assert all(abs(said - happened) < 0.03 for said, happened in points)
