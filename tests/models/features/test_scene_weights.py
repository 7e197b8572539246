from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.made_up import NOW_MS, state_of

from models.features import ewma, scene_weights
from models.features.view import TILES_30D, user_view
from schemas.state import TILE_MS
from schemas.vocabulary import EventType, Scene

KINDS = tuple(kind for kind in EventType if kind >= EventType.IN_MOBILE_COMMUTE)
MET = st.lists(st.tuples(st.integers(0, TILES_30D + 50), st.sampled_from(KINDS)), max_size=60)
ZONE = "America/New_York"


def weights_of(raw: list[tuple[int, int, int]]) -> np.ndarray:
    view = user_view(state_of([raw]), np.array([NOW_MS]), [ZONE])
    return scene_weights.compute(view)[0]


def recursion(view_scene: list[tuple[int, int]], scene: Scene, half_life_h: int) -> float:
    """The article's rule, step by step, over (age in tiles, scene)."""
    g, w = ewma.alpha(half_life_h), 0.0
    for step in reversed(range(TILES_30D // ewma.TILES_PER_STEP)):
        f = sum(1 for age, s in view_scene if age // ewma.TILES_PER_STEP == step and s == scene)
        w = g * w + (1 - g) * f
    return w


@settings(max_examples=examples(50), deadline=None)
@given(MET)
def test_the_closed_form_equals_the_articles_recursion(met: list[tuple[int, EventType]]) -> None:
    raw = [(NOW_MS - age * TILE_MS - 1, int(kind), 0) for age, kind in met]
    view = user_view(state_of([raw]), np.array([NOW_MS]), [ZONE])
    tiles = view.tiles
    scenes = scene_weights.scene_of(tiles.type, tiles.local_ms)
    listed = [
        (int(age), int(scene))
        for age, scene, n in zip(tiles.age, scenes, tiles.count, strict=True)
        for _ in range(int(n))
    ]
    found = scene_weights.compute(view)[0]
    for half in scene_weights.HALF_LIVES_H:
        for scene in scene_weights.SCENES:
            name = f"scene_weight_{scene.name.lower()}_{half}h"
            value = found[scene_weights.NAMES.index(name)]
            assert abs(value - recursion(listed, scene, half)) < 1e-12


@settings(max_examples=examples(100), deadline=None)
@given(MET, st.randoms())
def test_weights_are_a_function_of_the_set_and_shares_sum_to_one(met, random) -> None:
    raw = [(NOW_MS - age * TILE_MS - 1, int(kind), 0) for age, kind in met]
    shuffled = list(raw)
    random.shuffle(shuffled)
    found = weights_of(raw)
    assert found.tobytes() == weights_of(shuffled).tobytes()
    shares = found[-len(scene_weights.SCENES) :]
    assert np.isnan(shares).all() or abs(shares.sum() - 1) < 1e-12
    assert (found[~np.isnan(found)] >= 0).all()


def test_a_weight_halves_in_its_half_life() -> None:
    ages_h = (0, 24)
    raw = [[(NOW_MS - h * 3_600_000, int(EventType.IN_STORE), 0)] for h in ages_h]
    found = scene_weights.compute(user_view(state_of(raw), np.array([NOW_MS + 1] * 2), ["UTC"] * 2))
    column = found[:, scene_weights.NAMES.index("scene_weight_in_store_24h")]
    assert abs(column[1] / column[0] - 0.5) < 1e-12


def test_a_bare_device_counts_where_the_local_hour_is_telling() -> None:
    noon_utc = NOW_MS // 86_400_000 * 86_400_000 + 12 * 3_600_000 - 86_400_000  # a Friday
    raw = [(noon_utc, int(EventType.ON_DESKTOP), 0)]
    at_work = user_view(state_of([raw]), np.array([NOW_MS]), ["Europe/London"])
    at_night = user_view(state_of([raw]), np.array([NOW_MS]), ["Pacific/Auckland"])
    names = scene_weights.NAMES
    work, home = (names.index(f"scene_share_desktop_{where}") for where in ("work", "home"))
    assert scene_weights.compute(at_work)[0, work] == 1
    assert scene_weights.compute(at_night)[0, home] == 1
