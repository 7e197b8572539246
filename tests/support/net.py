"""A net with made-up weights beside the trees of another bundle."""

from __future__ import annotations

import msgspec
import numpy as np

from models.bundle import Bundle, Graph
from models.bundle.bundle import open_session
from models.bundle.manifest import NET
from models.features import CONTRACT, steps
from models.train.temporal.graph import recurrent_graph
from models.train.temporal.recurrent import Scaling

COLUMNS = ("hours_since_any", "local_hour", "any_1d")


def net_graph(seed: int = 0, state: int = 24, hidden: int = 16) -> bytes:
    """ONNX bytes of a net of the usual size that reads ``COLUMNS`` and the steps."""
    rng = np.random.default_rng(seed)
    columns, channels = len(COLUMNS), len(steps.CHANNELS)

    def drawn(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.4, shape).astype(np.float32)

    weights = {
        "gru_x": drawn(channels, 3 * state), "gru_h": drawn(state, 3 * state),
        "gru_bx": drawn(3 * state), "gru_bh": drawn(3 * state),
        "hidden_w": drawn(columns, hidden), "hidden_b": drawn(hidden),
        "wide": drawn(columns, 1), "head_w": drawn(state + hidden, 1), "head_b": drawn(1),
    }  # fmt: skip
    scaling = Scaling(drawn(columns), drawn(columns), np.ones(columns, np.float32))
    return recurrent_graph(weights, scaling, steps.STEPS, 0)


def graph() -> Graph:
    """What a manifest says of the net."""
    return Graph(
        file=f"{NET}.onnx", sha256="", columns=COLUMNS, kind="gru", steps=steps.STEPS,
        channels=steps.CHANNELS,
    )  # fmt: skip


def with_net(bundle: Bundle, share: float = 0.5) -> Bundle:
    """The bundle with a net in it, in memory."""
    manifest = msgspec.structs.replace(
        bundle.manifest, graphs={**bundle.manifest.graphs, NET: graph()}, net_share=share
    )
    sessions = {**bundle.sessions, NET: open_session(net_graph())}
    return Bundle("with net", "net", manifest, bundle.epoch, sessions)


def places() -> list[int]:
    """Where ``COLUMNS`` are in a user row."""
    return [CONTRACT.user.index(name) for name in COLUMNS]
