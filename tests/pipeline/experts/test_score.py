from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.made_up import NOW_MS, random_state, state_of, with_context

from models.bundle import Bundle
from models.bundle.handmade import write_linear_bundle
from models.features import CONTRACT
from schemas.ids import hash64
from schemas.state import UserState
from schemas.tables import CandidateSet, DueUsers
from schemas.vocabulary import ContextField, EventType, Scene
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.pipeline.experts import score, user_score
from streams.pipeline.experts.light_pass import light_pass
from streams.pipeline.experts.zones import zones_of
from streams.pipeline.fusion import degraded, fuse
from streams.settings import Settings

EXPERTS = {
    "temporal_user": {"1": 1.0, "any_1d": 0.05},
    "temporal_item": {"item_views": 1.0, "1": -2.0},
    "context_user": {"device_mobile": 1.0},
    "context_item": {"source_score": 1.0, "scene.mobile_commute*weight_log": -0.5},
}
SCENES = {Scene.MOBILE_COMMUTE: {"device_mobile": 6.0, "place_transit": 3.0, "1": -3.0}}
SETTINGS = Settings()


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    write_linear_bundle(tmp_path / "b", EXPERTS, SCENES)
    return Bundle.load(tmp_path / "b")


def due_of(state: UserState) -> DueUsers:
    n = len(state)
    none = np.zeros(n, np.uint64)
    return DueUsers(
        state, np.zeros(n, np.uint8), none, none, none, np.full(n, -1), np.full(n, NOW_MS),
        np.arange(n), np.full(n, NOW_MS), np.zeros(n, np.uint8),
    )  # fmt: skip


def pairs_of(due: list[int], item: list[int], source: list[float]) -> CandidateSet:
    items = np.array(item, np.uint64)
    return CandidateSet(
        np.array(due, np.int64), items, items * np.uint64(0), np.ones(len(due), np.uint32),
        np.array(source, np.float32),
    )  # fmt: skip


def catalogue(weights: dict[str, float]) -> Catalogue:
    shop = Catalogue()
    for item, grams in weights.items():
        record = f'{{"item_id":"{item}","ts":{NOW_MS},"weight_g":{grams}}}'
        assert shop.apply(item.encode(), record.encode(), 0) is None
    return shop


SHARED = Shared(None, catalogue({"umbrella": 300, "parasol base": 20_000}))
UMBRELLA, PARASOL = hash64("umbrella"), hash64("parasol base")


def test_features_scene_and_both_experts_are_filled(bundle: Bundle) -> None:
    due, pairs = score(
        due_of(random_state(1, 3)), pairs_of([0, 0, 2], [1, 2, 1], [0.1, 0.2, 0.3]), bundle,
        SHARED, SETTINGS, {}.get,
    )  # fmt: skip
    assert due.features is not None
    assert due.features.shape == (3, len(CONTRACT.user))
    assert due.scene is not None
    assert np.allclose(due.scene.sum(axis=1), 1, atol=1e-6)
    assert pairs.features is not None
    assert pairs.features.shape == (3, len(CONTRACT.pair))
    for h in (pairs.h_t, pairs.h_c):
        assert h is not None
        assert ((h > 0) & (h < 1)).all()


def test_the_score_is_user_times_item(bundle: Bundle) -> None:
    state = state_of([[(NOW_MS - 60_000, EventType.VIEW, 7)]])
    _, pairs = score(due_of(state), pairs_of([0], [8], [0.5]), bundle, SHARED, SETTINGS, {}.get)
    acts, item = 1 / (1 + np.exp(-1.05)), 1 / (1 + np.exp(1.0))
    assert pairs.h_t is not None
    assert pairs.h_t[0] == pytest.approx(acts * item, rel=1e-5)


def test_the_same_shopper_in_two_scenes(bundle: Bundle) -> None:
    """On the move the light thing wins, at a desk the order is that of the temporal expert."""
    viewed = [(NOW_MS - 60_000, EventType.VIEW, 1)]
    state = with_context(
        state_of([viewed, viewed]),
        [
            {ContextField.DEVICE: "mobile", ContextField.PLACE: "transit"},
            {ContextField.DEVICE: "desktop", ContextField.PLACE: "home"},
        ],
        NOW_MS - 1,
    )
    # Equal history; the sources like the base a little more.
    both = pairs_of([0, 0, 1, 1], [UMBRELLA, PARASOL] * 2, [0.4, 0.6] * 2)
    due, pairs = score(due_of(state), both, bundle, SHARED, SETTINGS, {}.get)
    assert due.scene is not None
    assert due.scene[:, Scene.MOBILE_COMMUTE].tolist() == [
        pytest.approx(1, abs=0.02), pytest.approx(0, abs=0.02),
    ]  # fmt: skip
    h = fuse(pairs, bundle, SHARED, SETTINGS).h
    assert h is not None
    assert h[0] > h[1]
    assert h[2] < h[3]


@pytest.mark.parametrize("gone", ["context_user", "context_item"])
def test_without_the_context_model_the_decision_degrades(bundle: Bundle, gone: str) -> None:
    del bundle.sessions[gone]
    _, pairs = score(
        due_of(random_state(1, 1)), pairs_of([0], [1], [0.5]), bundle, SHARED, SETTINGS, {}.get
    )
    assert pairs.h_t is not None
    assert pairs.h_c is not None
    assert np.isnan(pairs.h_c).all()
    assert degraded(pairs).all()
    h = fuse(pairs, bundle, SHARED, SETTINGS).h
    assert h is not None
    assert h.tolist() == pairs.h_t.tolist()


def test_a_model_that_raises_is_counted_and_never_raises_here(bundle: Bundle) -> None:
    for name in bundle.sessions:
        bundle.sessions[name] = None
    due, pairs = score(
        due_of(random_state(1, 2)), pairs_of([0, 1], [1, 1], [0.5, 0.5]), bundle, SHARED, SETTINGS,
        {}.get,
    )  # fmt: skip
    assert set(bundle.failures) == {"scene", *EXPERTS}
    assert due.scene is not None
    assert due.scene[:, Scene.UNKNOWN].tolist() == [1, 1]
    h = fuse(pairs, bundle, SHARED, SETTINGS).h
    assert h is not None
    assert h.tolist() == pytest.approx([0.05, 0.05])


def test_without_a_bundle_features_are_still_there() -> None:
    due, pairs = score(
        due_of(random_state(1, 2)), pairs_of([0, 1], [1, 1], [0.5, 0.5]), None, SHARED, SETTINGS,
        {}.get,
    )  # fmt: skip
    assert due.features is not None
    assert pairs.features is not None
    assert degraded(pairs).all()


def test_nobody_due_is_no_work(bundle: Bundle) -> None:
    due, pairs = score(
        due_of(UserState.fresh([])), pairs_of([], [], []), bundle, SHARED, SETTINGS, {}.get
    )
    assert len(due) == len(pairs) == 0


def test_what_went_in_is_not_changed(bundle: Bundle) -> None:
    due, pairs = due_of(random_state(1, 1)), pairs_of([0], [1], [0.5])
    score(due, pairs, bundle, SHARED, SETTINGS, {}.get)
    assert due.features is due.scene is pairs.features is pairs.h_t is None


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 9), st.sampled_from([0.1, 0.5, 0.9])),
        max_size=40, unique_by=lambda row: row[:2],
    ),
    st.integers(1, 5),
)  # fmt: skip
def test_the_light_pass_keeps_the_best_of_each_user_in_order(
    rows: list[tuple[int, int, float]], keep: int
) -> None:
    rows.sort(key=lambda row: (row[0], -row[2], row[1]))  # as `gather` leaves them
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    found = light_pass(pairs_of(*map(list, columns)), keep)
    best = set()
    for user in range(4):
        mine = sorted((-source, item) for who, item, source in rows if who == user)
        best |= {(user, item) for _, item in mine[:keep]}
    expected = [(who, item) for who, item, _ in rows if (who, item) in best]
    assert list(zip(found.due.tolist(), found.item.tolist(), strict=True)) == expected


def test_an_unknown_or_missing_zone_is_the_default() -> None:
    told = [{ContextField.TIMEZONE: zone} for zone in ("Asia/Tokyo", "Mars/Base", "Asia/Tbilisi")]
    state = with_context(state_of([[]] * 4), [*told, {}], NOW_MS)
    texts = {hash64(text): text for text in ("Asia/Tokyo", "Mars/Base")}
    assert zones_of(state, texts.get, "UTC") == ["Asia/Tokyo", "UTC", "UTC", "UTC"]


def test_user_score_fuses_both_views(bundle: Bundle) -> None:
    told = [{ContextField.DEVICE: "mobile"}, {ContextField.DEVICE: "desktop"}]
    state = with_context(state_of([[], []]), told, NOW_MS)
    now_ms = np.full(2, NOW_MS)
    found = user_score(state, now_ms, bundle, None, SETTINGS, {}.get)
    logits = 0.5 * np.array([1.0, 1.0]) + 0.5 * np.array([1.0, 0.0])
    assert found.tolist() == pytest.approx((1 / (1 + np.exp(-logits))).tolist(), rel=1e-5)


def test_user_score_without_a_bundle_is_no_promise() -> None:
    now_ms = np.full(2, NOW_MS)
    assert user_score(state_of([[], []]), now_ms, None, None, SETTINGS, {}.get).tolist() == [0, 0]
