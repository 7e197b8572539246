"""Measures on known answers, and the leaks that were seen before."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up import dataset_of

from models.bundle import Bundle
from models.dataset import Dataset, split_by_time
from models.features import CONTRACT
from models.metrics.on_dataset import (
    CONTEXT_COLUMNS,
    evaluate_dataset,
    score_dataset,
    shuffled_context,
)
from models.metrics.probabilities import calibration_error, measure, within_auc
from models.metrics.ranking import ranking
from models.train import train_bundle

DATA = dataset_of(5)


def test_a_perfect_a_useless_and_an_inverted_score() -> None:
    label = np.array([True, False] * 50)
    assert measure(label.astype(float), label)["auc"] == 1
    assert measure(1 - label.astype(float), label)["auc"] == 0
    flat = measure(np.full(100, 0.5), label)
    assert flat["auc"] == 0.5
    assert flat["log_loss"] == pytest.approx(math.log(2))
    assert flat["log_loss"] == flat["log_loss_base"]
    assert flat["brier"] == 0.25


def test_what_cannot_be_measured_is_none() -> None:
    assert measure(np.array([0.2]), np.array([True]))["auc"] is None
    gone = measure(np.array([np.nan]), np.array([True]))
    assert gone["count"] == 0
    assert gone["log_loss"] is None


def test_a_score_that_says_twice_the_truth_is_off_by_the_truth() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(20_000) * 0.5
    label = rng.random(20_000) < truth
    assert calibration_error(truth, label) < 0.02
    assert calibration_error(2 * truth, label) == pytest.approx(0.25, abs=0.02)


def test_a_score_that_only_knows_the_hour_is_worth_nothing_within_hours() -> None:
    rng = np.random.default_rng(0)
    hour = rng.integers(0, 24, 20_000)
    label = rng.random(20_000) < hour / 24
    score = hour / 24
    pooled = measure(score, label)["auc"]
    assert pooled is not None
    assert pooled > 0.8
    assert within_auc(score, label, hour) == 0.5


def test_a_ranking_with_a_known_answer() -> None:
    due = np.repeat([0, 1, 2], 12)
    item = np.arange(36).astype(np.uint64)
    score = -np.tile(np.arange(12.0), 3)
    engaged = np.zeros(36, np.bool_)
    engaged[[1, 12 + 11]] = True  # second place, and last of twelve; the third has none
    found = ranking(score, engaged, due, item)
    assert found == {"decisions": 2, "hr@10": 0.5, "ndcg@10": pytest.approx(0.5 / math.log2(3))}


def test_a_constant_score_earns_chance_though_every_positive_stood_first() -> None:
    rng = np.random.default_rng(0)
    due = np.repeat(np.arange(2_000), 20)
    item = rng.integers(1, 2**62, len(due)).astype(np.uint64)
    engaged = np.arange(len(due)) % 20 == 0
    found = ranking(np.zeros(len(due)), engaged, due, item)
    assert found["hr@10"] == pytest.approx(0.5, abs=0.04)


def test_no_pairs_rank_nothing() -> None:
    none = np.zeros(0)
    found = ranking(none, none.astype(bool), none.astype(np.int64), none.astype(np.uint64))
    assert found["decisions"] == 0
    assert found["hr@10"] is None


def with_shuffled_labels(data: Dataset, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    return replace(data, acted=rng.permutation(data.acted), engaged=rng.permutation(data.engaged))


@pytest.mark.slow
def test_shuffled_labels_teach_nothing(tmp_path: Path) -> None:
    train_bundle(with_shuffled_labels(dataset_of(5, 4_000), 1), tmp_path / "b")
    metrics = Bundle.load(tmp_path / "b").manifest.metrics
    for level in ("user", "pair"):
        for score in ("temporal", "context", "fused"):
            assert metrics[level][score]["auc"] == pytest.approx(0.5, abs=0.06), (level, score)


@pytest.mark.slow
def test_a_signal_from_the_future_changes_no_score(tmp_path: Path) -> None:
    """What is planted in the test block's labels and in unresolved decisions is not learnt."""
    _, _, test = split_by_time(DATA)
    late = DATA.now_ms >= int(test.now_ms.min())
    planted = replace(
        DATA, acted=np.where(late, ~DATA.acted, DATA.acted),
        engaged=np.where(late[DATA.due], ~DATA.engaged, DATA.engaged),
    )  # fmt: skip
    scores = []
    for name, data in (("plain", DATA), ("planted", planted)):
        train_bundle(data, tmp_path / name)
        scores.append(score_dataset(DATA, Bundle.load(tmp_path / name)))
    for plain, other in zip(*scores, strict=True):
        for name in plain:
            assert plain[name].tobytes() == other[name].tobytes()


def test_the_control_moves_context_and_nothing_else() -> None:
    other = shuffled_context(DATA, 0)
    columns = np.array([name in CONTEXT_COLUMNS for name in CONTRACT.user])
    assert DATA.user[:, ~columns].tobytes() == other.user[:, ~columns].tobytes()
    assert DATA.user[:, columns].tobytes() != other.user[:, columns].tobytes()
    key = columns & (np.array(CONTRACT.user) == "context_age_h")
    assert np.array_equal(
        np.sort(DATA.user[:, key], axis=0), np.sort(other.user[:, key], axis=0), equal_nan=True
    )


@pytest.mark.slow
def test_context_that_says_something_beats_its_shuffled_control(tmp_path: Path) -> None:
    # enough that the gain is sure: short of that the rate alone is chosen
    train_bundle(dataset_of(5, 12_000), tmp_path / "b")
    user = Bundle.load(tmp_path / "b").manifest.metrics["user"]
    assert user["context"]["auc"] > user["context_shuffled"]["auc"] + 0.05


@pytest.mark.slow
def test_an_evaluation_says_the_same_twice(tmp_path: Path) -> None:
    train_bundle(DATA, tmp_path / "b")
    bundle = Bundle.load(tmp_path / "b")
    assert evaluate_dataset(DATA, bundle) == evaluate_dataset(DATA, bundle)


@pytest.mark.slow
def test_an_empty_dataset_is_measured_as_empty(tmp_path: Path) -> None:
    train_bundle(DATA, tmp_path / "b")
    nobody = DATA.take(np.zeros(len(DATA), np.bool_))
    found = evaluate_dataset(nobody, Bundle.load(tmp_path / "b"))
    assert found["decisions"] == 0
    assert found["user"]["fused"]["auc"] is None


def test_what_nobody_offered_counts_as_missed() -> None:
    due, item = np.array([0, 0, 1]), np.array([1, 2, 3], np.uint64)  # 2 was not asked about
    engaged, score = np.array([True, False, False]), np.array([0.9, 0.1, 0.5])
    offered = ranking(score, engaged, due, item)
    assert (offered["decisions"], offered["hr@10"], offered["ndcg@10"]) == (1, 1.0, 1.0)
    found = ranking(score, engaged, due, item, np.array([2, 1, 1]))
    assert (found["decisions"], found["hr@10"]) == (2, 0.5)
    assert found["ndcg@10"] == pytest.approx(0.5 / (1 + 1 / np.log2(3)))
