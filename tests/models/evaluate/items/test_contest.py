"""What may not leak: the future into scores, the answer into an order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from models.evaluate.items import contest
from models.evaluate.items.candidates import propose, tie_order
from models.evaluate.items.contest import add_baselines, run
from models.evaluate.items.contestants import fit_models
from models.evaluate.items.read import ItemLogError, read_sequences, read_sessions
from models.evaluate.items.report import numbers, sections
from models.items import own, popular

ITEMS = 60


def made(users=300, seed=0, shuffled=False):
    """Users walk up the items of their own block of ten, starting anywhere."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        at = rng.integers(ITEMS)
        block = at // 10 * 10
        for pos in range(rng.integers(4, 8)):
            item = rng.integers(ITEMS) if shuffled else block + (at + pos) % 10
            rows.append((user, pos, int(item)))
    return pd.DataFrame(rows, columns=["user_id", "pos", "item_id"])


@pytest.fixture
def log(tmp_path):
    def write(frame, name="log.parquet"):
        path = tmp_path / name
        frame.to_parquet(path)
        return path

    return write


@pytest.mark.slow
def test_what_can_be_learned_is_found(log):
    outcome = run(read_sequences(log(made())), 0, lambda text: None)
    assert outcome.worth(outcome.product).of("hr", 10).mean() > 0.8


@pytest.mark.slow
def test_a_log_without_any_order_gives_chance(log):
    outcome = run(read_sequences(log(made(600, shuffled=True))), 0, lambda text: None)
    for name in outcome.lists:
        # 10 of some 55 items that the user does not have yet, give or take three deviations.
        assert outcome.worth(name).of("hr", 10).mean() < 10 / 55 + 3 * (0.18 * 0.82 / 600) ** 0.5


def test_what_only_the_future_knows_changes_no_score(log):
    """The last item of every user becomes the same one: nothing fitted or proposed moves."""
    frame = made()
    planted = frame.copy()
    last = planted.groupby("user_id").pos.transform("max") == planted.pos
    planted.loc[last, "item_id"] = 7
    lists = []
    for each in (frame, planted):
        task = read_sequences(log(each))
        models = fit_models(task, task.training)
        order = tie_order(task.training.popularity())
        lists.append(propose(list(models.values()), task.test, order, False))
    for name in ("query", "item", "score"):
        np.testing.assert_array_equal(getattr(lists[0], name), getattr(lists[1], name))


@pytest.mark.slow
def test_a_report_has_the_promised_keys_and_a_page(log):
    task = read_sequences(log(made(120)))
    outcome = run(task, 0, lambda text: None)
    told = numbers(outcome, 0)
    for name in ("popularity", "cosine", "all", "kairos"):
        for key in ("hr5", "hr10", "hr20", "ndcg5", "ndcg10", "ndcg20", "mrr20", "recall20"):
            assert 0 <= told[name][key] <= 1
        assert {"coverage", "novelty", "ild", "gini"} <= told[name].keys()
    assert sum(bucket["queries"] for bucket in told["by_user_age"].values()) == len(task.test)
    assert sum(bucket["queries"] for bucket in told["by_item_age"].values()) == len(task.test)
    assert "<svg" in sections(outcome, told)[0].html()


@pytest.mark.slow
def test_baselines_are_measured_beside_the_others_and_change_none(log):
    outcome = run(read_sequences(log(made(120))), 0, lambda text: None)
    before = dict(outcome.lists)
    add_baselines(outcome, 0)
    assert set(outcome.lists) - set(before) == {"als", "user_neighbours", "gru"}
    for name, lists in before.items():
        np.testing.assert_array_equal(lists, outcome.lists[name])


@pytest.mark.slow
def test_a_baseline_that_beats_all_on_validation_joins_them(log, monkeypatch):
    task = read_sequences(log(made(120)))
    rivals = {"oracle": Knows(), "clueless": own.fit(task.training)}
    monkeypatch.setattr(contest, "fit_baselines", lambda training, seed: rivals)
    crowd = {"popularity": popular.fit(task.training)}
    monkeypatch.setattr(contest, "fit_models", lambda task, training: crowd)
    outcome = run(task, 0, lambda text: None, baselines=True)
    assert "oracle" in outcome.weights
    assert "clueless" not in outcome.weights
    assert {"oracle", "clueless"} <= outcome.lists.keys()


class Knows:
    """Says what comes next in `made`."""

    def scores(self, seen):
        last = seen.item[seen.starts[1:] - 1]
        after = last // 10 * 10 + (last + 1) % 10
        return csr_array((np.ones(len(seen)), (np.arange(len(seen)), after)), (len(seen), ITEMS))


@pytest.mark.slow
def test_the_test_may_be_answered_in_parts(log, monkeypatch):
    task = read_sequences(log(made(120)))
    whole = run(task, 0, lambda text: None)
    monkeypatch.setattr(contest, "TESTED_AT_ONCE", 7)
    parts = run(task, 0, lambda text: None)
    assert whole.ceiling == parts.ceiling
    for name in whole.lists:
        np.testing.assert_array_equal(whole.lists[name], parts.lists[name])


def test_sessions_ask_for_every_click_but_the_first(log):
    rows = [(s, item, 100 * s + k, "test" if s > 7 else "train")
            for s in range(10) for k, item in enumerate((1, 2, 3, 1))]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["session_id", "item_id", "ts", "split"])
    task = read_sessions(log(frame))
    assert len(task.test) == 6
    assert task.test.seen.lengths.tolist() == [1, 2, 3, 1, 2, 3]
    assert task.final.histories.lengths.tolist() == [4] * 8


def test_a_log_without_its_columns_says_so(log):
    with pytest.raises(ItemLogError, match="item_id"):
        read_sequences(log(pd.DataFrame({"user_id": [1], "pos": [1]})))
    with pytest.raises(ItemLogError, match="three"):
        read_sequences(log(pd.DataFrame({"user_id": [1], "pos": [1], "item_id": [1]})))
    with pytest.raises(ItemLogError, match="split"):
        read_sessions(log(pd.DataFrame({"session_id": [1], "item_id": [1], "ts": [1]})))
