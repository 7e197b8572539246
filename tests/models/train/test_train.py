from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier
from support.examples import examples
from support.made_up import dataset_of

from models.bundle import GRAPHS, Bundle, ParityError
from models.bundle.experts import score_pairs, score_users
from models.bundle.manifest import RANK
from models.bundle.odds import logit, sigmoid
from models.bundle.parity import check_parity, golden_rows
from models.dataset import ENGAGEMENT, Dataset, SampleLog
from models.features import CONTRACT
from models.train import train_bundle
from models.train.calibrate import fit_platt, fit_stack, level_shift
from models.train.columns import COLUMNS
from models.train.export import export_binary, export_scene, fill, floor_thresholds
from models.train.fit import CONTEXT, fit_binary
from models.train.scene import fit_scene
from schemas.vocabulary import Scene

DATA = dataset_of(1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("train") / "bundle"
    train_bundle(DATA, out, seed=3, epoch=b"warm")
    return out


def test_a_trained_bundle_has_every_graph_and_passed_the_gate(trained: Path) -> None:
    bundle = Bundle.load(trained)
    assert set(bundle.manifest.graphs) == {*GRAPHS, RANK}
    for graph in bundle.manifest.graphs.values():
        assert graph.parity is not None
        assert graph.parity.max_abs_diff <= 1e-6
    assert bundle.manifest.notes == ()
    assert bundle.epoch == b"warm"
    assert bundle.manifest.seed == 3


@pytest.mark.slow
def test_training_again_gives_the_same_bytes(trained: Path, tmp_path: Path) -> None:
    train_bundle(DATA, tmp_path / "again", seed=3, epoch=b"warm")
    assert Bundle.load(tmp_path / "again").sha256 == Bundle.load(trained).sha256
    for path in trained.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_trained_scores_are_bit_equal_in_any_batch(trained: Path) -> None:
    bundle, data = Bundle.load(trained), DATA.take(np.arange(len(DATA)) < 64)
    users = score_users(bundle, data.user)
    whole = score_pairs(bundle, users, data.user, data.pair, data.due)
    for size in (1, 2, 7):
        for start in range(0, 64, size):
            rows = slice(start, start + size)
            pairs = (data.due >= start) & (data.due < start + size)
            some = score_users(bundle, data.user[rows])
            part = score_pairs(
                bundle, some, data.user[rows], data.pair[pairs], data.due[pairs] - start
            )
            assert some.scene.tobytes() == users.scene[rows].tobytes()
            assert [p.tobytes() for p in part] == [w[pairs].tobytes() for w in whole]


def test_what_can_be_learnt_is_learnt(trained: Path) -> None:
    metrics = Bundle.load(trained).manifest.metrics
    assert metrics["pair"]["fused"]["auc"] > 0.65
    assert metrics["user"]["fused"]["auc"] > 0.62
    assert metrics["pair"]["fused"]["log_loss"] < metrics["pair"]["fused"]["log_loss_base"]
    ranking = metrics["ranking"]
    assert ranking["fused"]["ndcg@10"] > ranking["source_score"]["ndcg@10"]


def one_class(acted: bool) -> Dataset:
    return replace(DATA, acted=np.full(len(DATA), acted), engaged=np.zeros(len(DATA.due), np.bool_))


def no_pairs() -> Dataset:
    return replace(
        DATA, due=DATA.due[:0], item=DATA.item[:0], pair=DATA.pair[:0],
        source_score=DATA.source_score[:0], engaged=DATA.engaged[:0], by_source=None,
    )  # fmt: skip


def nothing() -> Dataset:
    return SampleLog().label(np.zeros(0, ENGAGEMENT), DATA.horizon_ms, 0)


def nobody_told_anything() -> Dataset:
    return replace(DATA, user=np.full_like(DATA.user, np.nan))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "note"),
    [
        (one_class(True), "temporal_user is a constant"),
        (one_class(False), "temporal_user is a constant"),
        (no_pairs(), "temporal_item is a constant"),
        (nothing(), "temporal_user is a constant"),
        (DATA.take(np.arange(len(DATA)) < 3), "temporal_user is a constant"),
        (replace(DATA, horizon_ms=10**12), "temporal_user is a constant"),
        (nobody_told_anything(), "scene is a constant"),
    ],
)
def test_data_that_teaches_little_gives_a_bundle_that_says_so(
    data: Dataset, note: str, tmp_path: Path
) -> None:
    train_bundle(data, tmp_path / "b")
    bundle = Bundle.load(tmp_path / "b")
    assert any(each.startswith(note) for each in bundle.manifest.notes)
    users = score_users(bundle, DATA.user)
    h_t, h_c = score_pairs(bundle, users, DATA.user, DATA.pair, DATA.due)
    for p in (users.temporal, users.context, h_t, h_c):
        assert np.isfinite(p).all()
        assert ((p >= 0) & (p <= 1)).all()
    assert np.allclose(users.scene.sum(axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_no_bundle_is_written_when_the_gate_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.train.fit.floor_thresholds", lambda model: None)
    monkeypatch.setattr("models.train.fit.check_parity", _closed)
    with pytest.raises(ParityError):
        train_bundle(DATA, tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def _closed(name: str, *_: object) -> None:
    raise ParityError(name)


def neighbours() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Two float32 neighbours of which the upper one means yes: the midpoint rounds up to it."""
    low = np.float32(1.0 + 2.0**-23)
    x = np.where(np.arange(400) % 2, np.nextafter(low, np.float32(2)), low).astype(np.float32)
    return x[:, None], np.arange(400) % 2 == 1


def test_thresholds_between_neighbours_do_not_flip() -> None:
    x, y = neighbours()

    def off(floored: bool) -> float:
        model = HistGradientBoostingClassifier(max_iter=20, early_stopping=False).fit(x, y)
        if floored:
            floor_thresholds(model)
        made = export_binary(model, 1)
        return check_parity("x", made, lambda q: model.predict_proba(q)[:, 1], x).max_abs_diff

    assert off(floored=True) < 1e-6
    with pytest.raises(ParityError):
        off(floored=False)


def test_a_plain_tree_needs_its_holes_filled() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (500, 2)).astype(np.float32)
    x[rng.random(x.shape) < 0.4] = np.nan
    y = np.where(np.isnan(x[:, 0]), 2, (x[:, 0] > 1).astype(np.int64))
    tree = DecisionTreeClassifier(random_state=0).fit(fill(x), y)
    made = export_scene(tree, 2)
    spread = np.eye(len(Scene))[tree.classes_]
    gate = check_parity("s", made, lambda q: tree.predict_proba(fill(q)) @ spread, x)
    assert gate.max_abs_diff < 1e-6


def test_a_column_nobody_told_is_no_obstacle() -> None:
    rng = np.random.default_rng(0)
    x = np.stack([rng.random(300), np.full(300, np.nan)], axis=1).astype(np.float32)
    fitted = fit_binary("x", x, x[:, 0] > 0.5, CONTEXT, 0)
    assert fitted.kind == "boosted_trees"


def test_one_scene_is_a_constant_scene() -> None:
    fitted = fit_scene(
        np.zeros((5, 3), np.float32), np.repeat(situation(place_store=1), 5, 0), 0
    ).fitted
    gate = check_parity(
        "s", fitted.onnx_bytes, lambda q: np.tile(np.eye(len(Scene))[Scene.IN_STORE], (len(q), 1)),
        golden_rows(np.zeros((9, 3), np.float32), 0),
    )  # fmt: skip
    assert gate.max_abs_diff == 0


def test_platt_finds_the_scale_and_never_turns_an_expert_upside_down() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(5_000) * 0.8 + 0.1
    label = rng.random(5_000) < truth
    flat = 1 / (1 + np.exp(-(0.5 * np.log(truth / (1 - truth)) + 1)))  # a = 2, b = -2 undo this
    found = fit_platt(flat, label)
    assert found is not None
    assert (found.a, found.b) == pytest.approx((2, -2), abs=0.25)
    upside_down = fit_platt(1 - truth, label)
    assert upside_down is not None
    assert upside_down.a == 0
    assert fit_platt(truth, np.zeros(5_000, np.bool_)) is None


def test_the_stack_follows_the_evidence() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(5_000) * 0.8 + 0.1
    label = rng.random(5_000) < truth
    noise = rng.permutation(truth)
    found = fit_stack(truth, noise, label)
    assert found is not None
    assert found.lambda_t == pytest.approx(1, abs=0.15)
    assert 0 <= found.lambda_c < 0.1
    against = fit_stack(truth, 1 - truth, label)
    assert against is not None
    assert min(against.lambda_t, against.lambda_c) >= 0


def test_graphs_ask_for_no_told_scene_and_the_experts_keep_their_views() -> None:
    assert not any("scene_told" in columns for columns in COLUMNS.values())
    assert not any(name.startswith(("device_", "scene.")) for name in COLUMNS["temporal_user"])
    assert not any("affinity" in name for name in COLUMNS["context_item"])


def situation(**values: float) -> NDArray[np.float32]:
    row = np.full((1, len(CONTRACT.user)), np.nan, np.float32)
    for name, value in values.items():
        row[0, CONTRACT.user.index(name)] = value
    return row


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_shifted_log_odds_say_on_average_what_happened(rows: list[tuple[float, bool]]) -> None:
    said, happened = np.array([p for p, _ in rows]), np.array([y for _, y in rows])
    rate = (happened.sum() + 0.5) / (len(rows) + 1)
    shifted = sigmoid(logit(said) + level_shift(said, happened))
    assert shifted.mean() == pytest.approx(rate, abs=1e-6)
