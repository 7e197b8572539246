from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle, BundleError, ParityError, Weights, reference_path
from models.bundle.experts import design, run_graph, score_pairs, score_users
from models.bundle.handmade import constant_graph, linear_graph, write_linear_bundle
from models.bundle.manifest import SCENE_COLUMNS
from models.bundle.parity import check_parity, golden_rows
from models.features import CONTRACT
from schemas.vocabulary import Scene

EXPERTS = {
    "temporal_user": {"1": 0.5, "any_1d": 0.1},
    "temporal_item": {"affinity_item_6h": 1.0, "1": -1.0},
    "context_user": {"device_mobile": 0.3},
    "context_item": {"scene.mobile_commute*weight_log": -0.5, "1": 1.0},
}
SCENES = {Scene.MOBILE_COMMUTE: {"device_mobile": 8.0, "1": -4.0}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_linear_bundle(tmp_path / "b", EXPERTS, SCENES, epoch=b"warm")
    return tmp_path / "b"


def user_rows(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, len(CONTRACT.user))).astype(np.float32)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    rows[:, CONTRACT.user.index("scene_told")] = np.nan
    return rows


def test_a_written_bundle_loads_with_everything_in_it(folder: Path) -> None:
    bundle = Bundle.load(folder)
    assert bundle.epoch == b"warm"
    assert set(bundle.manifest.graphs) == {*EXPERTS, "scene"}
    assert len(bundle.sha256) == 64
    assert not list(folder.parent.glob(".b-*"))


def test_the_same_bundle_has_the_same_hash_and_another_has_another(tmp_path: Path) -> None:
    for name, weight in (("a", 1.0), ("b", 1.0), ("c", 2.0)):
        write_linear_bundle(tmp_path / name, {"temporal_user": {"any_1d": weight}}, name="same")
    a, b, c = (Bundle.load(tmp_path / name).sha256 for name in "abc")
    assert a == b != c


def test_writing_over_a_bundle_replaces_it(folder: Path) -> None:
    before = Bundle.load(folder).sha256
    write_linear_bundle(folder, {"temporal_user": {"1": 2.0}})
    after = Bundle.load(folder)
    assert after.sha256 != before
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "temporal_user.onnx"]


@pytest.mark.parametrize("name", ["temporal_user.onnx", "scene.onnx", "epoch.msgpack"])
def test_a_changed_or_missing_file_is_refused(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BundleError, match=f"{name} is not the file"):
        Bundle.load(folder)
    (folder / name).unlink()
    with pytest.raises(BundleError, match="cannot read"):
        Bundle.load(folder)


def test_no_bundle_at_all_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"cannot read .*manifest\.json"):
        Bundle.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contract": {"version": 1, "hash": "0" * 64}}, "feature contract 000000000000"),
        ({"schema_version": 9}, "unknown schema_version 9"),
        ({"name": 7}, "not readable"),
        ({"graphs": {"magic": {}}}, "not readable"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    folder: Path, change: dict[str, object], message: str
) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | change))
    with pytest.raises(BundleError, match=message):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("graph", "field", "value", "message"),
    [
        ("scene", "file", "../../secrets", "must lie in scene.onnx"),
        ("scene", "columns", ["scene.unknown"], "cannot have: scene.unknown"),
        ("temporal_user", "columns", ["price_log", "any_1d"], "cannot have: price_log"),
        ("temporal_user", "columns", ["any_1d", "any_7d"], "takes .* the manifest 2 columns"),
    ],
)
def test_a_graph_that_asks_for_what_it_cannot_have_is_refused(
    folder: Path, graph: str, field: str, value: object, message: str
) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["graphs"][graph][field] = value
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=message):
        Bundle.load(folder)


def test_bytes_that_are_no_graph_are_refused(folder: Path) -> None:
    manifest = Bundle.load(folder).manifest
    with pytest.raises(BundleError, match="graph context_item cannot be opened"):
        Bundle.of(manifest, dict.fromkeys(manifest.graphs, b"not onnx"))


def test_a_handmade_expert_is_the_formula_it_was_given(folder: Path) -> None:
    bundle = Bundle.load(folder)
    rows = np.array([[1.0, 3.0], [0.5, np.nan], [0.0, 9.0]], np.float32)
    assert bundle.manifest.graphs["context_item"].columns == ("scene.mobile_commute", "weight_log")
    expected = 1 / (1 + np.exp(-(1 - 0.5 * rows[:, 0] * np.nan_to_num(rows[:, 1]))))
    assert np.allclose(bundle.run("context_item", rows), expected, atol=1e-6)


def test_scenes_sum_to_one_and_follow_their_terms(folder: Path) -> None:
    bundle = Bundle.load(folder)
    scenes = bundle.run("scene", np.array([[1.0], [0.0]], np.float32))
    assert np.allclose(scenes.sum(axis=1), 1, atol=1e-6)
    assert scenes[0].argmax() == Scene.MOBILE_COMMUTE
    assert scenes[1, Scene.MOBILE_COMMUTE] < scenes[1, Scene.UNKNOWN]


def test_a_term_without_a_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot have: horoscope"):
        write_linear_bundle(tmp_path / "b", {"temporal_user": {"horoscope": 1.0}})
    assert not (tmp_path / "b").exists()


def test_the_wrong_width_and_an_unknown_graph_are_refused(folder: Path) -> None:
    bundle = Bundle.load(folder)
    with pytest.raises(BundleError, match="takes 1 columns"):
        bundle.run("temporal_user", np.zeros((2, 3), np.float32))
    with pytest.raises(BundleError, match="no graph magic"):
        bundle.run("magic", np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("size", [1, 2, 7, 256])
def test_scores_are_bit_equal_in_batches_of(folder: Path, size: int) -> None:
    bundle, user = Bundle.load(folder), user_rows(256)
    pair = np.random.default_rng(1).normal(size=(256, len(CONTRACT.pair))).astype(np.float32)

    def scores(rows: slice) -> bytes:
        users = score_users(bundle, user[rows])
        due = np.arange(len(user[rows]))
        both = score_pairs(bundle, users, user[rows], pair[rows], due)
        return b"".join(
            each.tobytes()
            for row in zip(users.scene, users.temporal, users.context, *both, strict=True)
            for each in row
        )

    cuts = [slice(i, i + size) for i in range(0, 256, size)]
    assert b"".join(map(scores, cuts)) == scores(slice(None))


def test_columns_are_found_by_name_at_either_level() -> None:
    user, pair = user_rows(2), user_rows(3)[:, : len(CONTRACT.pair)]
    scene = np.eye(len(Scene), dtype=np.float32)[:2]
    due = np.array([1, 0, 1])
    found = design((CONTRACT.pair[3], CONTRACT.user[5], SCENE_COLUMNS[1]), user, scene, pair, due)
    expected = np.stack([pair[:, 3], user[due, 5], scene[due, 1]], axis=1)
    assert found.tobytes() == expected.tobytes()


def test_a_told_scene_is_taken_as_told(folder: Path) -> None:
    user = user_rows(2)
    user[1, CONTRACT.user.index("scene_told")] = Scene.IN_STORE
    for bundle in (Bundle.load(folder), None):
        scene = score_users(bundle, user).scene
        assert scene[1].tolist() == np.eye(len(Scene))[Scene.IN_STORE].tolist()
    assert scene[0, Scene.UNKNOWN] == 1


def test_a_graph_that_raises_is_missing_and_counted(folder: Path) -> None:
    bundle = Bundle.load(folder)
    bundle.sessions["temporal_user"] = None
    users = score_users(bundle, user_rows(3))
    assert np.isnan(users.temporal).all()
    assert np.isfinite(users.context).all()
    assert bundle.failures == {"temporal_user": 1}


def test_a_row_without_a_number_costs_no_other_row(folder: Path) -> None:
    bundle, user = Bundle.load(folder), user_rows(3)
    user[:, CONTRACT.user.index("any_1d")] = [1.0, np.inf, 2.0]
    # inf times the zero that starts the sum is not a number.
    found = run_graph(bundle, "temporal_user", user, np.zeros((3, len(Scene)), np.float32))
    assert found is not None
    assert np.isnan(found).tolist() == [False, True, False]
    assert bundle.failures == {"temporal_user": 1}


def test_constants_are_constant_for_any_number_of_rows() -> None:
    rows = golden_rows(np.zeros((0, 3), np.float32), 0)
    for values in ([0.25], [0.0, 0.5, 0.5]):
        made = constant_graph(values, 3)
        expected = np.tile(values, (len(rows), 1)) if len(values) > 1 else np.full(len(rows), 0.25)
        assert check_parity("x", made, lambda _, e=expected: e, rows).max_abs_diff == 0


def test_the_parity_gate_stops_a_graph_that_computes_something_else() -> None:
    rows = golden_rows(np.random.default_rng(0).normal(size=(50, 1)).astype(np.float32), 0)
    made = linear_graph({"any_1d": 1.0})

    def trainer(weight: float) -> np.ndarray:
        x = np.nan_to_num(rows[:, 0].astype(np.float64))
        return 1 / (1 + np.exp(-np.clip(weight * x, -700, 700)))

    assert check_parity("x", made, lambda _: trainer(1.0), rows).rows == len(rows)
    with pytest.raises(ParityError, match="golden rows differ"):
        check_parity("x", made, lambda _: trainer(1.0001), rows)
    with pytest.raises(ParityError, match="golden rows differ"):
        check_parity("x", made, lambda _: trainer(np.nan), rows)


def test_golden_rows_hold_the_adversaries() -> None:
    rows = golden_rows(np.ones((10, 2), np.float32), 0)
    assert np.isnan(rows).all(axis=1).any()
    for value in (0, 1, 7, np.float32(3.4e38), np.float32(-3.4e38)):
        assert (rows == value).any()
    assert ((rows != 1) & (np.abs(rows - 1) < 1e-6)).any()  # neighbours of real values


def test_the_reference_lies_inside_the_package(tmp_path: Path) -> None:
    import models

    assert reference_path() == Path(str(models.__file__)).parent / "reference"
    shutil.rmtree(tmp_path)


def test_fusion_numbers_travel_in_the_manifest(tmp_path: Path) -> None:
    weights = Weights(lambda_t=0.7, lambda_c=0.3, bias=-0.1)
    write_linear_bundle(tmp_path / "b", {"temporal_user": {"1": 0.0}}, weights=weights)
    assert Bundle.load(tmp_path / "b").manifest.fusion["pair"] == weights
