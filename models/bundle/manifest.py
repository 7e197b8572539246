"""What a bundle says about itself: ``manifest.json``."""

from __future__ import annotations

from typing import Any

import msgspec

from models.features import CONTRACT, standing, steps
from models.features.view import HALF_LIVES_H
from schemas.vocabulary import Scene

MANIFEST = "manifest.json"
EPOCH = "epoch.msgpack"
FORECAST = "forecast.msgpack"
GRAPHS = ("scene", "temporal_user", "temporal_item", "context_user", "context_item")
NET = "temporal_net"
"""The graph that a bundle may have beside these: a net over the user's newest events."""
RANK = "rank_item"
"""The graph that a bundle may have beside these: it orders the candidates of one user."""
SCENE_COLUMNS = tuple(f"scene.{scene.name.lower()}" for scene in Scene)
"""Names under which a graph asks for the scene vector."""

USER_COLUMNS = frozenset((*CONTRACT.user, *SCENE_COLUMNS))
PAIR_COLUMNS = USER_COLUMNS | frozenset(CONTRACT.pair)
RANK_COLUMNS = PAIR_COLUMNS | frozenset(standing.NAMES)


class BundleError(ValueError):
    """A bundle cannot be used; the message says which and why."""


class ContractRef(msgspec.Struct, frozen=True, kw_only=True):
    """The feature contract the graphs were trained on."""

    version: int
    hash: str


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """How far ONNX was from the trainer over the golden rows."""

    rows: int
    max_abs_diff: float
    tolerance: float


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """One ONNX file: float32[rows, ``columns``] in, a probability out (``scene``: a vector).

    ``kind`` says what is inside (boosted_trees, decision_tree, constant, linear, gru);
    ``parity`` is null where there was no trainer to compare with. A graph with ``steps`` reads the
    ``channels`` of that many newest events after its columns (`models.features.user_steps`).
    """

    file: str
    sha256: str
    columns: tuple[str, ...]
    kind: str
    parity: Parity | None = None
    steps: int = 0
    channels: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Numbers in a row of its input."""
        return len(self.columns) + self.steps * len(self.channels)


class Platt(msgspec.Struct, frozen=True, kw_only=True):
    """Calibration ``logit p = a * logit h + b`` (Platt scaling on log-odds)."""

    a: float = 1.0
    b: float = 0.0


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """Fusion ``logit h = lambda_t * logit h_t + lambda_c * logit h_c + lambda_r * logit h_r + bias``."""

    lambda_t: float = 0.5
    lambda_c: float = 0.5
    bias: float = 0.0
    lambda_r: float = 0.0


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the graphs themselves.

    ``calibration``: by expert level (temporal, context for pairs; temporal_user,
    context_user); ``fusion``: by level (pair, user; ranked: pairs that a ranker scored); ``training_window``: first and last decision, ms UTC;
    ``metrics``: out of time; ``notes``: what was degenerate; ``epoch_sha256``: of the shared
    knowledge to start with, null when there is none; ``forecast_sha256``: of how demand is forecast
    (see `models.forecast`); ``tables``: sha256 of each file of the item tables; ``net_share``: of
    the net in the log-odds of P(user acts), the rest is the trees'; ``half_lives_h``: of the smoothed
    counts that the graphs were trained on; ``starter``: it names no item and no category of the log that it was
    trained on, for shops that have none of their own yet.
    """

    schema_version: int = 1
    name: str
    contract: ContractRef
    graphs: dict[str, Graph]
    calibration: dict[str, Platt] = {}
    fusion: dict[str, Weights] = {}
    horizon_ms: int
    training_window: tuple[int, int] | None = None
    seed: int | None = None
    metrics: dict[str, Any] = {}
    versions: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    epoch_sha256: str | None = None
    forecast_sha256: str | None = None
    tables: dict[str, str] = {}
    net_share: float = 0.0
    half_lives_h: tuple[int, ...] = HALF_LIVES_H
    starter: bool = False


def encode(manifest: Manifest) -> bytes:
    """Return the manifest as readable JSON; equal manifests give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"


def decode(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        BundleError: it is no manifest, was made for other features, or names what cannot be.
    """
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"{MANIFEST} is not readable: {error}") from error
    if manifest.schema_version != 1:
        raise BundleError(f"{MANIFEST} has unknown schema_version {manifest.schema_version}")
    if manifest.contract != ContractRef(version=CONTRACT.version, hash=CONTRACT.hash):
        raise BundleError(
            f"the bundle was made for feature contract {manifest.contract.hash[:12]} "
            f"(version {manifest.contract.version}), this is {CONTRACT.hash[:12]} "
            f"(version {CONTRACT.version}); train it again"
        )
    for name in manifest.tables:
        check_name(name)
    for name, graph in manifest.graphs.items():
        _check_graph(name, graph)
        _check_steps(name, graph)
    if not 0.0 <= manifest.net_share <= float(NET in manifest.graphs):
        raise BundleError(f"a net share of {manifest.net_share} needs a {NET} and to be a share")
    return manifest


def check_name(name: str) -> None:
    """Refuse what is not the plain name of a file.

    Raises:
        BundleError: it leads out of the bundle's folder.
    """
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise BundleError(f"{name!r} is not the name of a file in the bundle")


def _check_steps(name: str, graph: Graph) -> None:
    made = (steps.STEPS, steps.CHANNELS) if name == NET else (0, ())
    if (graph.steps, graph.channels) != made:
        raise BundleError(
            f"graph {name} reads {graph.steps} events ({', '.join(graph.channels)}), here there "
            f"are {made[0]} for it ({', '.join(made[1])}); train it again"
        )


def _check_graph(name: str, graph: Graph) -> None:
    known = (*GRAPHS, NET, RANK)
    if name not in known:
        raise BundleError(f"unknown graph {name!r}; known are {', '.join(known)}")
    if graph.file != f"{name}.onnx":
        raise BundleError(f"graph {name} must lie in {name}.onnx, not {graph.file!r}")
    allowed = PAIR_COLUMNS if name.endswith("_item") else USER_COLUMNS
    if name in ("scene", RANK):
        allowed = RANK_COLUMNS if name == RANK else frozenset(CONTRACT.user)
    if unknown := sorted(set(graph.columns) - allowed):
        raise BundleError(f"graph {name} asks for columns it cannot have: {', '.join(unknown)}")
