from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from models.evaluate.context import plant, read_world
from models.features import CONTRACT
from schemas.vocabulary import Scene
from streams.offline.evaluation.synthetic import catalogue_of, samples
from streams.settings import Settings

WORLD = read_world(Path("examples/worlds/commuters.toml"))
PLANTED = plant(msgspec.structs.replace(WORLD, users=30, items=40, days=10))
DATA = samples(PLANTED, Settings())


def user(name: str) -> np.ndarray:
    return DATA.user[:, CONTRACT.user.index(name)]


def pair(name: str) -> np.ndarray:
    return DATA.pair[:, CONTRACT.pair.index(name)]


def test_every_moment_is_a_sample_with_its_situation_and_nothing_of_the_future() -> None:
    moments = PLANTED.moments
    assert len(DATA) == len(moments)
    assert (np.floor(user("local_hour")) == moments.hour).all()
    mobile = moments.words["device"] == "mobile"
    assert (user("device_mobile")[mobile] == 1).all()
    told = np.where(np.isnan(user("scene_told")), -1, user("scene_told"))
    assert (told == np.where(moments.told, moments.scene, -1)).all()
    first = np.unique(moments.user, return_index=True)[1]
    assert (user("view_30d")[first] == 0).all()


def test_what_the_world_says_of_items_arrives_in_the_pair_features() -> None:
    slate, items = PLANTED.slate.ravel(), PLANTED.items
    weight = items.values[slate, items.names.index("weight_g")]
    assert np.allclose(pair("weight_log"), np.log1p(weight), equal_nan=True, atol=1e-5)
    for name, feature in (
        ("offer", "offer_active"),
        ("shop_near", "shop_open_near"),
        ("stock_near", "stock_in_country"),
    ):
        assert (pair(feature) == items.values[slate, items.names.index(name)]).all()
    liked = PLANTED.interests[np.repeat(PLANTED.moments.user, WORLD.slate), items.category[slate]]
    assert (pair("interest_match") == liked).all()


def test_the_catalogue_holds_every_item() -> None:
    assert len(catalogue_of(PLANTED)) == 40
    assert Scene.IN_STORE in PLANTED.moments.scene
