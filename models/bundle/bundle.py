"""Load a bundle, check every byte of it, and run its graphs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.bundle.files import read, verified, verify_large
from models.bundle.manifest import EPOCH, FORECAST, MANIFEST, BundleError, Graph, Manifest, decode
from models.bundle.tables import ItemTables
from models.bundle.time_limit import TimeLimit
from models.forecast import UNTRAINED, Plan, PlanError
from models.forecast.plan import decode as decode_plan
from schemas.vocabulary import Scene

INPUT, OUTPUT = "features", "probability"
"""The one input and the one output that every graph has."""
BLOCK = 16
"""Rows that a graph with steps is run on at once, or a multiple of them."""


def reference_path() -> Path:
    """Return where the shipped reference bundle lies."""
    return Path(__file__).resolve().parent.parent / "reference"


@dataclass(slots=True)
class Bundle:
    """A verified bundle. ``sha256`` is the manifest's, which holds that of every other file.

    ``failures`` counts, per graph, the runs that raised; it never decides anything.
    """

    name: str
    sha256: str
    manifest: Manifest
    epoch: bytes | None
    sessions: dict[str, Any]
    failures: Counter[str] = field(default_factory=Counter)
    forecasts: Plan = UNTRAINED
    tables: ItemTables = field(default_factory=ItemTables)
    limit: TimeLimit = field(default_factory=TimeLimit)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read and verify the bundle in directory ``path``.

        Raises:
            BundleError: a file is missing or differs from its sha256, the feature contract is
                another one, or a graph cannot be opened.
        """
        folder = Path(path)
        text = read(folder, MANIFEST)
        manifest = decode(text)
        files = {
            name: verified(folder, graph.file, graph.sha256)
            for name, graph in manifest.graphs.items()
        }
        epoch = manifest.epoch_sha256
        warm = None if epoch is None else verified(folder, EPOCH, epoch)
        bundle = cls.of(manifest, files, sha256(text).hexdigest(), warm)
        if manifest.forecast_sha256 is not None:
            bundle.forecasts = _plan(verified(folder, FORECAST, manifest.forecast_sha256))
        for name, sha in manifest.tables.items():
            verify_large(folder, name, sha)
        bundle.tables = ItemTables.open(folder, manifest.tables)
        return bundle

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        graphs: Mapping[str, bytes],
        sha: str = "",
        epoch: bytes | None = None,
    ) -> Self:
        """Return the bundle of graphs in memory, which training tries before it writes them.

        Raises:
            BundleError: a graph cannot be opened, differs from what the manifest says, or does
                not end.
        """
        sessions = {
            name: _open(name, graph, graphs[name]) for name, graph in manifest.graphs.items()
        }
        made = cls(manifest.name, sha, manifest, epoch, sessions)
        for name, graph in manifest.graphs.items():
            made._try(name, graph)
        return made

    def _try(self, name: str, graph: Graph) -> None:
        """Run a graph once, on a row of zeros."""
        try:
            self.run(name, np.zeros((1, graph.width), np.float32))
        except Exception as error:
            raise BundleError(f"graph {name} cannot be run: {error}") from error

    def title(self) -> str:
        """Return name and hash for people to read, and whether it is the starter."""
        starter = ", the starter: trained on another log, it names no item" * self.manifest.starter
        return f"{self.name}, sha256 {self.sha256[:12]}{starter}"

    def has(self, graph: str) -> bool:
        """Whether the bundle holds the graph."""
        return graph in self.sessions

    def run(self, graph: str, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the graph's output for float32[n, columns]: float32[n], scenes: [n, scenes].

        Raises:
            BundleError: there is no such graph, or the rows have another width.
            Exception: onnxruntime's own; also when the run was stopped because it takes too long.
        """
        if graph not in self.sessions:
            raise BundleError(f"bundle {self.name} has no graph {graph}")
        told = self.manifest.graphs[graph]
        if rows.ndim != 2 or rows.shape[1] != told.width:
            raise BundleError(f"graph {graph} takes {told.width} columns, not shape {rows.shape}")
        if not len(rows):
            return np.zeros((0, len(Scene)) if graph == "scene" else 0, np.float32)
        fed = np.ascontiguousarray(rows, np.float32)
        if told.steps:
            fed = whole_blocks(fed)
        out: NDArray[np.float32] = self.limit.run(self.sessions[graph], [OUTPUT], {INPUT: fed})[0]
        return out[: len(rows)]


def whole_blocks(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows followed by as many of zeros as fill the last `BLOCK`.

    A net's products and curves go several rows at a time, and what is left over in the end goes
    another way that differs in the last bit: a row's answer must not depend on who stands beside it.
    """
    missing = -len(rows) % BLOCK
    return np.concatenate([rows, np.zeros((missing, rows.shape[1]), np.float32)])


def open_session(onnx_bytes: bytes) -> Any:
    """Open a graph for one thread: with more, tree sums differ in the last bit (DESIGN law 2)."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return ort.InferenceSession(onnx_bytes, options, providers=["CPUExecutionProvider"])


def _open(name: str, graph: Graph, onnx_bytes: bytes) -> Any:
    try:
        session = open_session(onnx_bytes)
    except Exception as error:  # onnxruntime raises types of its own that share no base
        raise BundleError(f"graph {name} cannot be opened: {error}") from error
    shape, outputs = session.get_inputs()[0].shape, [out.name for out in session.get_outputs()]
    if session.get_inputs()[0].name != INPUT or shape[-1] != graph.width:
        raise BundleError(f"graph {name} takes {shape}, the manifest {graph.width} columns")
    if outputs != [OUTPUT]:
        raise BundleError(f"graph {name} gives {outputs}, not [{OUTPUT!r}]")
    return session


def _plan(data: bytes) -> Plan:
    try:
        return decode_plan(data)
    except PlanError as error:
        raise BundleError(str(error)) from error
