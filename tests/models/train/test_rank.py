from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up import dataset_of

from models.bundle import Bundle, ParityError
from models.bundle.bundle import INPUT, OUTPUT, open_session
from models.bundle.experts import design, recognise, score_users
from models.bundle.odds import sigmoid
from models.bundle.parity import check_parity, golden_rows
from models.bundle.ranking import rank_pairs
from models.features.standing import Offered
from models.metrics.ranking import ranking
from models.train import train_bundle
from models.train.forest import export_forest
from models.train.rank import FEWEST, TREES, fit_rank

pytestmark = pytest.mark.slow  # trains a bundle

DATA = dataset_of(5)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    out = tmp_path_factory.mktemp("rank") / "b"
    train_bundle(DATA, out, seed=1)
    return Bundle.load(out)


def test_the_ranker_orders_better_than_the_sources(bundle: Bundle) -> None:
    data = dataset_of(6)
    h_r = rank_pairs(bundle, score_users(bundle, data.user), data.user, data.offered())
    assert h_r is not None
    mine = ranking(h_r, data.engaged, data.due, data.item, top=1)["hr@1"]
    theirs = ranking(data.source_score, data.engaged, data.due, data.item, top=1)["hr@1"]
    assert mine > theirs + 0.05


def test_it_sees_when_it_serves_what_it_was_trained_on(bundle: Bundle) -> None:
    """One definition: a graph fed with training's rows gives what the serving path gives."""
    offered = DATA.offered()
    assert offered is not None
    columns = bundle.manifest.graphs["rank_item"].columns
    rows = design(columns, DATA.user, recognise(bundle, DATA.user), offered.rows(), DATA.due)
    trained = bundle.sessions["rank_item"].run([OUTPUT], {INPUT: rows})[0]
    backwards = np.lexsort((-np.arange(len(DATA.due)), DATA.due))  # the worker's order is another
    served = rank_pairs(
        bundle, score_users(bundle, DATA.user), DATA.user,
        Offered(*(getattr(offered, name)[backwards] for name in Offered.__dataclass_fields__)),
    )  # fmt: skip
    assert served is not None
    assert served.tolist() == trained.astype(float)[backwards].tolist()


def test_what_it_says_of_a_user_does_not_depend_on_the_batch(bundle: Bundle) -> None:
    data = DATA.take(np.arange(len(DATA)) < 60)
    whole = rank_pairs(bundle, score_users(bundle, data.user), data.user, data.offered())
    assert whole is not None
    for size in (1, 2, 7):
        for start in range(0, 60, size):
            part = data.take((np.arange(60) >= start) & (np.arange(60) < start + size))
            users = score_users(bundle, part.user)
            again = rank_pairs(bundle, users, part.user, part.offered())
            mine = (data.due >= start) & (data.due < start + size)
            assert again is not None
            assert again.tobytes() == whole[mine].tobytes()


def test_a_bundle_without_a_ranker_and_one_that_fails_say_so(
    bundle: Bundle, tmp_path: Path
) -> None:
    train_bundle(replace(DATA, by_source=None), tmp_path / "plain", seed=1)
    plain = Bundle.load(tmp_path / "plain")
    users = score_users(plain, DATA.user)
    assert rank_pairs(plain, users, DATA.user, DATA.offered()) is None
    assert "ranked" not in plain.manifest.fusion
    broken = replace(bundle, sessions=bundle.sessions | {"rank_item": None})
    found = rank_pairs(broken, users, DATA.user, DATA.offered())
    assert found is not None
    assert np.isnan(found).all()
    assert broken.failures["rank_item"] == 1


def test_too_few_hits_teach_no_order() -> None:
    hits = np.cumsum(DATA.engaged) < FEWEST - 1
    few = replace(DATA, engaged=DATA.engaged & hits)
    assert fit_rank("rank_item", DATA.pair, few, 0) is None


def test_the_graph_sends_every_row_where_the_trees_send_it() -> None:
    """Columns with holes, without, of whole numbers, around 0: each has its own way with NaN."""
    from lightgbm import LGBMRanker

    rng = np.random.default_rng(0)
    rows = rng.integers(-3, 50, (6_000, 8)).astype(np.float32)
    rows[:, :3] = rng.random((6_000, 3)) - 0.5
    rows[:, 1:6][rng.random((6_000, 5)) < 0.2] = np.nan
    rows[:, 6][rng.random(6_000) < 0.5] = 0.0  # neighbours of 0 are 0 to LightGBM
    wish = (
        np.where(rows[:, 6] > 0, 0.3, 0)
        + np.nan_to_num(rows[:, 1])
        + np.isnan(rows[:, 4])
        + (rows[:, 7] > 20)
    )
    label = (wish + rng.random(6_000) > 1.4).astype(int)
    model = LGBMRanker(random_state=0, **TREES).fit(rows, label, group=[10] * 600)
    made, golden = export_forest(model.booster_, 8), golden_rows(rows, 0)
    gate = check_parity("r", made, lambda q: sigmoid(model.booster_.predict(q)), golden)
    assert gate.max_abs_diff < 1e-6
    with pytest.raises(ParityError):
        check_parity("r", made, lambda q: sigmoid(model.booster_.predict(q) + 0.01), golden)


def test_between_two_neighbours_a_threshold_goes_down() -> None:
    low = np.float32(0.9794415831565857)
    high = np.nextafter(low, np.float32(1))
    leaves = {"left_child": {"leaf_value": -1.0}, "right_child": {"leaf_value": 1.0}}
    between = (float(low) + float(high)) / 2
    split = {"split_feature": 0, "threshold": between, "missing_type": "None"}
    session = open_session(export_forest({"tree_info": [{"tree_structure": split | leaves}]}, 1))
    found = session.run([OUTPUT], {INPUT: np.array([[low], [high]], np.float32)})[0]
    assert (found > 0.5).tolist() == [False, True]


def test_a_tree_of_one_leaf_is_a_number() -> None:
    dumped = {"tree_info": [{"tree_structure": {"leaf_value": 0.4}}]}
    session = open_session(export_forest(dumped, 2))
    found = session.run([OUTPUT], {INPUT: np.zeros((3, 2), np.float32)})[0]
    assert found.tolist() == pytest.approx([1 / (1 + np.exp(-0.4))] * 3)
