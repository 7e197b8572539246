from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.evaluate.context import WorldError, plant, read_world
from models.evaluate.context.world import Attribute, SceneOf, World
from models.metrics.probabilities import log_loss

SMALL = msgspec.structs.replace(
    read_world(Path("examples/worlds/commuters.toml")), users=80, items=60, days=20
)


def test_the_same_file_gives_the_same_world_and_another_seed_another() -> None:
    one, again = plant(SMALL), plant(SMALL)
    assert one.oracle.tobytes() == again.oracle.tobytes()
    assert (one.slate == again.slate).all()
    assert (one.engaged == again.engaged).all()
    other = plant(msgspec.structs.replace(SMALL, seed=12))
    assert other.oracle.shape != one.oracle.shape or (other.oracle != one.oracle).any()


def test_the_more_an_oracle_knows_the_better_it_is() -> None:
    made = plant(msgspec.structs.replace(SMALL, users=400))
    label = made.engaged.ravel()
    losses = [
        log_loss(p.ravel(), label) for p in (made.oracle, made.oracle_told, made.oracle_blind)
    ]
    assert losses == sorted(losses)
    assert label.mean() == pytest.approx(made.oracle.mean(), abs=0.005)
    assert made.oracle.mean() == pytest.approx(SMALL.base_rate * SMALL.active, abs=1e-6)


def test_scenes_keep_their_hours_and_days_and_time_runs_forward() -> None:
    moments = plant(SMALL).moments
    assert (np.diff(moments.ts_ms) >= 0).all()
    commute = moments.scene == 1
    assert set(moments.hour[commute].tolist()) <= {7, 8, 9, 16, 17, 18, 19}
    assert moments.workday[commute].all()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = 'x'", "needs scenes"),
        ("name = 'x'\n[scene.moon]\nweight = 1\nhours = [[0, 24]]", "moon"),
        ("name = 'x'\n[scene.in_store]\nweight = 1\nhours = [[9, 25]]", "hours"),
        ("name = 'x'\n[scene.in_store]\nweight = 1\nhours = [[9, 18]]\nlog_odds = {offer = 1}", "offer"),
        ("name = 'x'\nsurprise = 1", "surprise"),
        ("name = 'x'\n[attribute.offer]\n[scene.in_store]\nweight = 1\nhours = [[0, 24]]", "share"),
        ("name = 'x'\n[scene.in_store]\nweight = 1\nhours = [[0, 24]]\ndevice = {a = 0.7, b = 0.7}", "sum"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_world_is_refused_with_its_reason(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "w.toml"
    path.write_text(text)
    with pytest.raises(WorldError, match=sentence):
        read_world(path)


def test_a_world_without_attributes_or_words_can_be_drawn() -> None:
    plain = World(
        name="plain", users=5, items=12, scene={"in_store": SceneOf(weight=1, hours=[(9, 18)])}
    )
    made = plant(plain)
    assert np.allclose(made.oracle, made.oracle_blind)
    assert Attribute().missing == 0
