"""Train the experts on labelled samples and write them as a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models.bundle.bundle import Bundle
from models.bundle.experts import (
    UserScores,
    calibrated,
    design,
    raw_pairs,
    recognise,
    score_users,
)
from models.bundle.manifest import NET, RANK, ContractRef, Manifest, Platt, Weights
from models.bundle.ranking import rank_pairs
from models.bundle.write import write_bundle
from models.dataset import Dataset, split_by_time
from models.features import CONTRACT
from models.features.view import HALF_LIVES_H
from models.metrics.on_dataset import evaluate_dataset
from models.train.calibrate import fit_platt, fit_ranked, fit_stack
from models.train.columns import COLUMNS
from models.train.contest import fit_contest
from models.train.fit import CONTEXT, TEMPORAL, Fitted, Trees, fit_binary
from models.train.rank import fit_rank
from models.train.scene import fit_scene
from models.train.search import search_trees

Floats = NDArray[np.float64]
PACKAGES = (
    "scikit-learn", "skl2onnx", "onnx", "onnxruntime", "numpy", "jax", "optax", "lightgbm",
)  # fmt: skip


def train_bundle(
    dataset: Dataset,
    out_dir: str | Path,
    seed: int = 0,
    training_window: tuple[int, int] | None = None,
    name: str = "kairos",
    epoch: bytes | None = None,
    search: bool = False,
    forecast: bytes | None = None,
    tables: Mapping[str, bytes] | None = None,
    half_lives_h: tuple[int, ...] = HALF_LIVES_H,
    starter: bool = False,
) -> Manifest:
    """Fit, calibrate, fuse and measure on three blocks of time in turn; write the bundle.

    ``training_window``: first and last ms of the log, the decisions' own when not given;
    ``epoch``: shared knowledge to ship with it; ``search``: choose each expert's trees by
    time-ordered cross-validation inside the first block; ``forecast``: the plan to ship with it;
    ``tables``: files of item tables; ``half_lives_h``: what the samples' smoothed counts were made
    with; ``starter``: say that it names no item of its log. Same dataset, seed and packages give the same
    bundle, byte for byte.

    Raises:
        ParityError: a graph differs from its trainer; nothing is written.
    """
    train, later, test = split_by_time(dataset)
    draft = Draft(_manifest(dataset, training_window, seed, name))
    draft.say(half_lives_h=half_lives_h, starter=starter)
    with threadpool_limits(1):
        _fit(draft, train, seed, search)
        _blend_net(draft, train, later, seed, search)
        _rank(draft, train, seed)
        _calibrate(draft, later)
        found = evaluate_dataset(test, draft.bundle(), seed)
        found["contests"] = draft.contests
        draft.say(metrics=found)
    return write_bundle(out_dir, draft.manifest, draft.graphs, epoch, forecast, tables)


def draft_bundle(
    train: Dataset,
    later: Dataset,
    seed: int,
    columns: Mapping[str, tuple[str, ...]] = COLUMNS,
    like: Draft | None = None,
) -> Draft:
    """Fit on ``train``, calibrate and fuse on ``later``; nothing is written.

    ``columns``: what each graph may see; ``like``: take the scene and the temporal graphs from this
    draft instead of fitting them again.
    """
    draft = Draft(_manifest(train, None, seed, "draft"), columns=columns)
    with threadpool_limits(1):
        _fit(draft, train, seed, search=False, like=like)
        _calibrate(draft, later)
    return draft


@dataclass(slots=True)
class Draft:
    """The bundle as far as it has come; ``contests``: how its families were chosen."""

    manifest: Manifest
    graphs: dict[str, bytes] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: COLUMNS)
    contests: dict[str, Any] = field(default_factory=dict)

    def take(self, other: Draft, name: str) -> None:
        """Take a graph of another draft."""
        self.graphs[name] = other.graphs[name]
        self.say(graphs={**self.manifest.graphs, name: other.manifest.graphs[name]})

    def add(self, name: str, fitted: Fitted) -> None:
        """Put a fitted graph in."""
        self.graphs[name] = fitted.onnx_bytes
        described = fitted.described(name, self.columns[name])
        self.say(graphs={**self.manifest.graphs, name: described})
        if fitted.kind == "constant":
            self.note(f"{name} is a constant: too few examples of one class")

    def say(self, **changes: object) -> None:
        """Change the manifest."""
        self.manifest = msgspec.structs.replace(self.manifest, **changes)

    def note(self, sentence: str) -> None:
        """Say what was degenerate."""
        self.say(notes=(*self.manifest.notes, sentence))

    def bundle(self) -> Bundle:
        """The draft as a bundle that can score."""
        return Bundle.of(self.manifest, self.graphs)


def _manifest(dataset: Dataset, window: tuple[int, int] | None, seed: int, name: str) -> Manifest:
    if window is None and len(dataset):
        window = int(dataset.now_ms.min()), int(dataset.now_ms.max())
    return Manifest(
        name=name,
        contract=ContractRef(version=CONTRACT.version, hash=CONTRACT.hash),
        graphs={},
        horizon_ms=dataset.horizon_ms,
        training_window=window,
        seed=seed,
        versions={package: version(package) for package in PACKAGES},
    )


def _fit(draft: Draft, train: Dataset, seed: int, search: bool, like: Draft | None = None) -> None:
    """Fit the scene first: what it recognises is an input of the context expert."""
    if like is None:
        unknown = recognise(None, train.user)
        rows = design(draft.columns["scene"], train.user, unknown)
        recogniser = fit_scene(rows, train.user, seed)
        draft.add("scene", recogniser.fitted)
        draft.contests["scene"] = recogniser.contest
    else:
        draft.take(like, "scene")
    scene = recognise(draft.bundle(), train.user)
    for expert, trees in (("temporal", TEMPORAL), ("context", CONTEXT)):
        for graph in (f"{expert}_user", f"{expert}_item"):
            if like is not None and expert == "temporal":
                draft.take(like, graph)
            else:
                draft.add(graph, _task(draft, graph, train, scene, seed).fit(draft, trees, search))


def _rank(draft: Draft, train: Dataset, seed: int) -> None:
    """Fit the order of a user's candidates, where the samples say which source gave what."""
    offered = train.offered()
    if offered is None:
        return
    scene = recognise(draft.bundle(), train.user)
    rows = design(draft.columns[RANK], train.user, scene, offered.rows(), train.due)
    fitted = fit_rank(RANK, rows, train, seed)
    if fitted is None:
        draft.note("nothing is ranked: too few decisions whose user engaged with a candidate")
    else:
        draft.add(RANK, fitted)


def _task(draft: Draft, graph: str, train: Dataset, scene: NDArray[np.float32], seed: int) -> _Task:
    """What a graph learns: who acts, or which item among those offered to users who acted."""
    columns = draft.columns[graph]
    if graph.endswith("_user"):
        rows = design(columns, train.user, scene)
        return _Task(graph, rows, train.acted, train.now_ms, train.horizon_ms, seed)
    acted = train.acted[train.due]
    due = train.due[acted]
    rows = design(columns, train.user, scene, train.pair[acted], due)
    label = train.engaged[acted]
    return _Task(graph, rows, label, train.now_ms[due], train.horizon_ms, seed)


@dataclass(slots=True, frozen=True)
class _Task:
    """What one expert graph learns from."""

    name: str
    rows: NDArray[np.float32]
    label: NDArray[np.bool_]
    now_ms: NDArray[np.int64]
    horizon_ms: int
    seed: int

    def fit(self, draft: Draft, trees: Trees, search: bool) -> Fitted:
        """Fit the graph, with the trees that later data prefer if asked to ``search``."""
        if search:
            trees = search_trees(
                self.name, self.rows, self.label, self.now_ms, self.horizon_ms, trees, self.seed
            )
            draft.note(f"{self.name}: the search chose {trees}")
        if not self.name.startswith("context"):
            return fit_binary(self.name, self.rows, self.label, trees, self.seed)
        fitted, draft.contests[self.name] = fit_contest(
            self.name, draft.columns[self.name], self.rows, self.label, self.now_ms,
            self.horizon_ms, trees, self.seed,
        )  # fmt: skip
        return fitted


def _blend_net(draft: Draft, train: Dataset, later: Dataset, seed: int, search: bool) -> None:
    """Put a net beside the trees of P(user acts) if the later block wants one."""
    from models.train import net as nets  # with JAX, which is slow to import

    if not (nets.teaches(train) and nets.teaches(later)):
        return
    how = nets.search_net(train, seed) if search else nets.SIZES[0]
    net = nets.fit_beside(train, seed, how)
    if search:
        draft.note(f"{NET}: the search chose {how}")
    trees = score_users(draft.bundle(), later.user).temporal
    share, told = nets.choose_share(trees, net.score(later), later, seed)
    draft.contests[NET] = told
    if share == 0.0:
        draft.note(f"{NET} is left out: on later decisions it did not lower the trees' loss")
        return
    draft.columns = {**draft.columns, NET: net.columns}
    draft.add(NET, net.fitted)
    draft.say(net_share=share)


def _calibrate(draft: Draft, later: Dataset) -> None:
    """Fit the Platt scalings, then the fusion of what they give, on the later block."""
    bundle = draft.bundle()
    users = score_users(bundle, later.user, later.steps)
    pairs = raw_pairs(bundle, users, later.user, later.pair, later.due)
    raw = {
        "temporal": (pairs[0], later.engaged),
        "context": (pairs[1], later.engaged),
        "temporal_user": (users.temporal, later.acted),
        "context_user": (users.context, later.acted),
    }
    found = {level: fit_platt(*each) for level, each in raw.items()}
    for level in sorted(level for level, platt in found.items() if platt is None):
        draft.note(f"{level} is not calibrated: too few later examples of one class")
    draft.say(calibration={level: platt or Platt() for level, platt in found.items()})
    bundle = draft.bundle()
    fair = {level: calibrated(bundle, level, each[0]) for level, each in raw.items()}
    draft.say(
        fusion={
            "pair": _stack(draft, "pair", fair["temporal"], fair["context"], later.engaged),
            "user": _stack(draft, "user", fair["temporal_user"], fair["context_user"], later.acted),
        }
        | _with_ranker(bundle, users, later, fair["temporal"], fair["context"])
    )


def _with_ranker(
    bundle: Bundle, users: UserScores, later: Dataset, h_t: Floats, h_c: Floats
) -> dict[str, Weights]:
    """The weights of pairs that the ranker scored as well, where there is one and enough to say."""
    h_r = rank_pairs(bundle, users, later.user, later.offered())
    weights = None if h_r is None else fit_ranked(h_t, h_c, h_r, later.engaged, later.due)
    return {} if weights is None else {"ranked": weights}


def _stack(
    draft: Draft,
    level: str,
    h_t: Floats,
    h_c: Floats,
    label: NDArray[np.bool_],
) -> Weights:
    weights = fit_stack(h_t, h_c, label)
    if weights is None:
        draft.note(f"fusion of {level}s is half and half: too few later examples of one class")
    return weights or Weights()
