"""Graphs written by hand: constants, and linear log-odds over named columns.

For tests and examples, and for what training cannot learn. A term is a column or a product of
columns (``"scene.mobile_commute*weight_log"``); ``"1"`` is the constant. NaN counts as 0. Sums go
term by term, so a row never depends on its batch. Needs the ``train`` extra (onnx).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.bundle.bundle import INPUT, OUTPUT
from models.bundle.manifest import ContractRef, Graph, Manifest, Platt, Weights
from models.bundle.write import write_bundle
from models.features import CONTRACT
from schemas.vocabulary import Scene

OPSET = 17
IR_VERSION = 10
Terms = Mapping[str, float]
BIAS = "1"


def write_linear_bundle(
    out_dir: str | Path,
    experts: Mapping[str, Terms],
    scenes: Mapping[Scene, Terms] | None = None,
    weights: Weights | None = None,
    name: str = "handmade",
    horizon_ms: int = 86_400_000,
    epoch: bytes | None = None,
) -> Manifest:
    """Write a bundle whose experts are linear in log-odds; return its manifest.

    ``experts``: terms for any of temporal_user, temporal_item, context_user, context_item (an
    expert left out is missing); ``scenes``: log-odds of each scene, softmax over all of them.

    Raises:
        BundleError: a term names a column that its graph cannot have.
    """
    graphs = {graph: linear_graph(terms) for graph, terms in experts.items()}
    columns = {graph: columns_of(terms) for graph, terms in experts.items()}
    if scenes is not None:
        graphs["scene"] = scene_graph(scenes)
        columns["scene"] = columns_of(*scenes.values())
    manifest = _manifest(name, columns, weights or Weights(), horizon_ms)
    return write_bundle(out_dir, manifest, graphs, epoch)


def _manifest(
    name: str, columns: Mapping[str, tuple[str, ...]], weights: Weights, horizon_ms: int
) -> Manifest:
    return Manifest(
        name=name,
        contract=ContractRef(version=CONTRACT.version, hash=CONTRACT.hash),
        graphs={
            graph: Graph(file=f"{graph}.onnx", sha256="", columns=names, kind="linear")
            for graph, names in columns.items()
        },
        calibration={level: Platt() for level in ("temporal", "context")},
        fusion={"pair": weights, "user": weights},
        horizon_ms=horizon_ms,
        notes=("handmade",),
    )


def columns_of(*terms: Terms) -> tuple[str, ...]:
    """Return the columns that occur in the terms, sorted; at least one, as a graph needs input."""
    names = {part for each in terms for term in each for part in term.split("*")} - {BIAS}
    return tuple(sorted(names)) or (CONTRACT.user[0],)


def linear_graph(terms: Terms) -> bytes:
    """Return ONNX bytes of ``sigmoid(sum weight * term)``: float32[n] from float32[n, columns]."""
    columns = columns_of(terms)
    nodes, constants = _columns(columns)
    total = _sum("total", terms, nodes, constants)
    nodes.append(helper.make_node("Sigmoid", [total], ["column_out"]))
    nodes.append(helper.make_node("Squeeze", ["column_out", "axis"], [OUTPUT]))
    constants.append(helper.make_tensor("axis", TensorProto.INT64, [1], [1]))
    return model(nodes, constants, len(columns), None)


def scene_graph(scenes: Mapping[Scene, Terms]) -> bytes:
    """Return ONNX bytes of the softmax over all scenes; one without terms has log-odds 0."""
    columns = columns_of(*scenes.values())
    nodes, constants = _columns(columns)
    rows = [_sum(f"s{s}", scenes.get(s, {BIAS: 0.0}), nodes, constants) for s in Scene]
    nodes.append(helper.make_node("Concat", rows, ["logits"], axis=1))
    nodes.append(helper.make_node("Softmax", ["logits"], [OUTPUT], axis=1))
    return model(nodes, constants, len(columns), len(Scene))


def constant_graph(probabilities: list[float], width: int) -> bytes:
    """Return ONNX bytes that give the same probabilities (one: float32[n]) for every row."""
    count = len(probabilities)
    values = helper.make_tensor("values", TensorProto.FLOAT, [1, count], probabilities)
    nodes = [
        helper.make_node("Shape", [INPUT], ["rows"], start=0, end=1),
        helper.make_node("Concat", ["rows", "one"], ["shape"], axis=0),
        helper.make_node("Expand", ["values", "shape"], ["all" if count == 1 else OUTPUT]),
    ]
    constants = [values, helper.make_tensor("one", TensorProto.INT64, [1], [1])]
    if count == 1:
        nodes.append(helper.make_node("Squeeze", ["all", "axis"], [OUTPUT]))
        constants.append(helper.make_tensor("axis", TensorProto.INT64, [1], [1]))
    return model(nodes, constants, width, None if count == 1 else count)


def model(
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    width: int,
    outputs: int | None,
) -> bytes:
    """Return the checked, serialised model with our input and output names."""
    shape = [None] if outputs is None else [None, outputs]
    graph = helper.make_graph(
        nodes,
        "kairos",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape)],
        constants,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    made = helper.make_model(
        graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="kairos"
    )
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


def _columns(columns: tuple[str, ...]) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Nodes that give each column, NaN as 0, as a tensor [n, 1] of the column's name."""
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0])
    nodes = [
        helper.make_node("IsNaN", [INPUT], ["holes"]),
        helper.make_node("Where", ["holes", "zero", INPUT], ["filled"]),
    ]
    constants = [zero]
    for i, name in enumerate(columns):
        constants.append(helper.make_tensor(f"at {name}", TensorProto.INT64, [1], [i]))
        nodes.append(helper.make_node("Gather", ["filled", f"at {name}"], [name], axis=1))
    return nodes, constants


def _sum(
    prefix: str, terms: Terms, nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto]
) -> str:
    """Append the nodes that add up the terms one by one; return the name of the sum [n, 1]."""
    total = f"{prefix} 0"
    # Any column times 0 is a column of zeros with the right number of rows.
    constants.append(helper.make_tensor(f"{prefix} zero", TensorProto.FLOAT, [1], [0.0]))
    first = nodes[2].output[0]
    nodes.append(helper.make_node("Mul", [first, f"{prefix} zero"], [total]))
    for i, (term, weight) in enumerate(sorted(terms.items()), start=1):
        factor = f"{prefix} w{i}"
        constants.append(
            helper.make_tensor(factor, TensorProto.FLOAT, [1], [float(np.float32(weight))])
        )
        for k, part in enumerate(() if term == BIAS else term.split("*")):
            nodes.append(helper.make_node("Mul", [factor, part], [f"{prefix} p{i}.{k}"]))
            factor = f"{prefix} p{i}.{k}"
        nodes.append(helper.make_node("Add", [total, factor], [f"{prefix} {i}"]))
        total = f"{prefix} {i}"
    return total
