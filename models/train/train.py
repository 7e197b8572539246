"""Train the experts on labelled samples and write them as a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models.bundle.bundle import Bundle
from models.bundle.experts import calibrated, design, raw_pairs, recognise, score_users
from models.bundle.manifest import ContractRef, Manifest, Platt, Weights
from models.bundle.write import write_bundle
from models.dataset import Dataset, split_by_time
from models.evaluate import evaluate_dataset
from models.features import CONTRACT
from models.train.calibrate import fit_platt, fit_stack
from models.train.columns import COLUMNS
from models.train.fit import CONTEXT, TEMPORAL, Fitted, Trees, fit_binary, fit_scene
from models.train.scene_rules import scene_labels
from models.train.search import search_trees

PACKAGES = ("scikit-learn", "skl2onnx", "onnx", "onnxruntime", "numpy")


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
) -> Manifest:
    """Fit, calibrate, fuse and measure on three blocks of time in turn; write the bundle.

    ``training_window``: first and last ms of the log, the decisions' own when not given;
    ``epoch``: shared knowledge to ship with it; ``search``: choose each expert's trees by
    time-ordered cross-validation inside the first block; ``forecast``: the plan to ship with it;
    ``tables``: files of item tables. Same dataset, seed and packages give the same
    bundle, byte for byte.

    Raises:
        ParityError: a graph differs from its trainer; nothing is written.
    """
    train, later, test = split_by_time(dataset)
    draft = _Draft(_manifest(dataset, training_window, seed, name))
    with threadpool_limits(1):
        _fit(draft, train, seed, search)
        _calibrate(draft, later)
        draft.say(metrics=evaluate_dataset(test, draft.bundle(), seed))
    return write_bundle(out_dir, draft.manifest, draft.graphs, epoch, forecast, tables)


@dataclass(slots=True)
class _Draft:
    """The bundle as far as it has come."""

    manifest: Manifest
    graphs: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, fitted: Fitted) -> None:
        """Put a fitted graph in."""
        self.graphs[name] = fitted.onnx_bytes
        described = fitted.described(name, COLUMNS[name])
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


def _fit(draft: _Draft, train: Dataset, seed: int, search: bool) -> None:
    """Fit the scene first: what it recognises is an input of the context expert."""
    unknown = recognise(None, train.user)
    rows = design(COLUMNS["scene"], train.user, unknown)
    draft.add("scene", fit_scene(rows, scene_labels(train.user), seed))
    scene = recognise(draft.bundle(), train.user)
    acted = train.acted[train.due]
    due = train.due[acted]
    for expert, trees in (("temporal", TEMPORAL), ("context", CONTEXT)):
        graph = f"{expert}_user"
        rows = design(COLUMNS[graph], train.user, scene)
        task = _Task(graph, rows, train.acted, train.now_ms, train.horizon_ms, seed)
        draft.add(graph, task.fit(draft, trees, search))
        graph = f"{expert}_item"
        rows = design(COLUMNS[graph], train.user, scene, train.pair[acted], due)
        label = train.engaged[acted]
        task = _Task(graph, rows, label, train.now_ms[due], train.horizon_ms, seed)
        draft.add(graph, task.fit(draft, trees, search))


@dataclass(slots=True, frozen=True)
class _Task:
    """What one expert graph learns from."""

    name: str
    rows: NDArray[np.float32]
    label: NDArray[np.bool_]
    now_ms: NDArray[np.int64]
    horizon_ms: int
    seed: int

    def fit(self, draft: _Draft, trees: Trees, search: bool) -> Fitted:
        """Fit the graph, with the trees that later data prefer if asked to ``search``."""
        if search:
            trees = search_trees(
                self.name, self.rows, self.label, self.now_ms, self.horizon_ms, trees, self.seed
            )
            draft.note(f"{self.name}: the search chose {trees}")
        return fit_binary(self.name, self.rows, self.label, trees, self.seed)


def _calibrate(draft: _Draft, later: Dataset) -> None:
    """Fit the Platt scalings, then the fusion of what they give, on the later block."""
    bundle = draft.bundle()
    users = score_users(bundle, later.user)
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
    )


def _stack(
    draft: _Draft,
    level: str,
    h_t: NDArray[np.float64],
    h_c: NDArray[np.float64],
    label: NDArray[np.bool_],
) -> Weights:
    weights = fit_stack(h_t, h_c, label)
    if weights is None:
        draft.note(f"fusion of {level}s is half and half: too few later examples of one class")
    return weights or Weights()
