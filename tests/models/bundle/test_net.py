"""A bundle's net: an optional part that answers each user alike in any batch."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from support.net import COLUMNS, graph, net_graph, places, with_net

from models.bundle import Bundle, BundleError, reference_path
from models.bundle.bundle import BLOCK
from models.bundle.experts import flatten, reads_steps, score_users, shares
from models.bundle.manifest import NET, decode, encode
from models.bundle.odds import stack
from models.bundle.write import write_bundle
from models.features import CONTRACT, steps

TREES = Bundle.load(reference_path())
RNG = np.random.default_rng(0)
USERS = RNG.normal(2, 3, (300, len(CONTRACT.user))).astype(np.float32)
USERS[:, CONTRACT.user.index("scene_told")] = np.nan
STEPS = RNG.normal(0, 1, (300, steps.STEPS, len(steps.CHANNELS))).astype(np.float32)


def test_a_bundle_without_a_net_reads_no_steps_and_one_with_it_does() -> None:
    assert not reads_steps(Bundle.load(reference_path())) or TREES.has(NET)
    assert reads_steps(with_net(TREES))
    assert reads_steps(None), "training takes the steps, whatever will be made of them"


@pytest.mark.parametrize("size", [1, 2, 3, 7, BLOCK, 100, 256])
def test_a_net_answers_bit_for_bit_alike_in_batches_of(size: int) -> None:
    bundle = with_net(TREES)
    whole = score_users(bundle, USERS, STEPS).temporal
    parts = [
        score_users(bundle, USERS[at : at + size], STEPS[at : at + size]).temporal
        for at in range(0, len(USERS), size)
    ]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_trees_and_net_are_blended_in_log_odds_by_the_share() -> None:
    bundle = with_net(TREES, share=0.25)
    net = bundle.run(NET, flatten(USERS[:, places()], STEPS)).astype(np.float64)
    trees = bundle.run(
        "temporal_user",
        USERS[:, [CONTRACT.user.index(name) for name in columns_of_trees()]],
    ).astype(np.float64)
    found = score_users(bundle, USERS, STEPS).temporal
    assert found.tobytes() == stack(trees, net, shares(0.25)).tobytes()
    assert shares(0.25).lambda_t == 0.75


def columns_of_trees() -> tuple[str, ...]:
    return TREES.manifest.graphs["temporal_user"].columns


def test_a_net_without_steps_fails_and_with_it_the_temporal_expert() -> None:
    bundle = with_net(TREES)
    users = score_users(bundle, USERS[:3])
    assert np.isnan(users.temporal).all()
    assert np.isfinite(users.context).all()
    assert bundle.failures == {NET: 1}


def test_a_net_is_written_and_read_like_every_graph(tmp_path) -> None:
    manifest = with_net(TREES).manifest
    only = msgspec.structs.replace(manifest, graphs={NET: graph()}, epoch_sha256=None,
                                   forecast_sha256=None, tables={})  # fmt: skip
    write_bundle(tmp_path / "b", only, {NET: net_graph()})
    bundle = Bundle.load(tmp_path / "b")
    assert bundle.manifest.net_share == 0.5
    assert bundle.manifest.graphs[NET].width == len(COLUMNS) + STEPS[0].size


def test_other_steps_than_this_worker_makes_are_refused() -> None:
    manifest = with_net(TREES).manifest
    other = msgspec.structs.replace(graph(), channels=(*steps.CHANNELS[:-1], "mood"))
    changed = msgspec.structs.replace(manifest, graphs={NET: other})
    with pytest.raises(BundleError, match=r"mood.*train it again"):
        decode(encode(changed))
    trees = msgspec.structs.replace(manifest.graphs["temporal_user"], steps=3, channels=("is",))
    changed = msgspec.structs.replace(manifest, graphs={"temporal_user": trees}, net_share=0.0)
    with pytest.raises(BundleError, match="temporal_user reads 3 events"):
        decode(encode(changed))


@pytest.mark.parametrize(("share", "graphs"), [(0.5, {}), (1.5, {NET: graph()}), (-0.1, {})])
def test_a_share_needs_a_net_and_to_be_a_share(share: float, graphs: dict) -> None:
    changed = msgspec.structs.replace(TREES.manifest, graphs=graphs, net_share=share)
    with pytest.raises(BundleError, match="net share"):
        decode(encode(changed))
