"""From fitted LightGBM trees to ONNX bytes: ``sigmoid(sum of leaves)`` as float32[n].

onnxmltools rounds thresholds to the nearest float32, which sends rows to the wrong side; here they
are rounded down, so that for float32 rows nothing changes (see `models.train.export`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.bundle.bundle import INPUT, OUTPUT
from models.bundle.handmade import IR_VERSION
from models.train.export import TARGET_OPSET

_BOTH = "kairos_both"
_ZERO = float(np.float32(1e-35))
"""What is no further from 0 than this LightGBM takes for 0."""
_MOST = float(np.finfo(np.float32).max)


@dataclass(slots=True)
class _Nodes:
    """The nodes of all trees as the columns that ONNX wants."""

    columns: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, **values: Any) -> None:
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)


def export_forest(booster: Any, width: int) -> bytes:
    """Return the graph of a LightGBM booster (or of its ``dump_model``) over ``width`` columns."""
    dumped = booster if isinstance(booster, dict) else booster.dump_model()
    nodes = _Nodes()
    for number, tree in enumerate(dumped["tree_info"]):
        for place, (node, yes, no) in enumerate(_walk(tree["tree_structure"])):
            _add(nodes, number, place, node, yes, no)
    # As a classifier: of a regressor's single target ONNX Runtime leaves the sigmoid out.
    trees = helper.make_node(
        "TreeEnsembleClassifier", [INPUT], ["kairos_label", _BOTH], domain="ai.onnx.ml",
        classlabels_int64s=[0, 1], post_transform="LOGISTIC", **nodes.columns,
    )  # fmt: skip
    one = helper.make_node("Gather", [_BOTH, "kairos_one"], [OUTPUT], axis=1)
    graph = helper.make_graph(
        [trees, one],
        "kairos",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None])],
        [helper.make_tensor("kairos_one", TensorProto.INT64, [], [1])],
    )
    opsets = [helper.make_opsetid(domain, number) for domain, number in TARGET_OPSET.items()]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString(deterministic=True))


def _walk(root: dict[str, Any]) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Yield the nodes in an order of their own with the places of their children, 0 for a leaf."""
    waiting, places = [root], 1
    while waiting:
        node = waiting.pop(0)
        if "leaf_value" in node and "left_child" not in node:
            yield node, 0, 0
            continue
        waiting += [node["left_child"], node["right_child"]]
        yield node, places, places + 1
        places += 2


def _add(nodes: _Nodes, tree: int, place: int, node: dict[str, Any], yes: int, no: int) -> None:
    leaf = not yes
    nodes.add(
        nodes_treeids=tree,
        nodes_nodeids=place,
        nodes_modes="LEAF" if leaf else "BRANCH_LEQ",
        nodes_featureids=0 if leaf else node["split_feature"],
        nodes_values=0.0 if leaf else _floor(node["threshold"]),
        nodes_truenodeids=yes,
        nodes_falsenodeids=no,
        nodes_missing_value_tracks_true=0 if leaf else int(_missing_goes_left(node)),
    )
    if leaf:
        nodes.add(
            class_treeids=tree,
            class_nodeids=place,
            class_ids=0,
            class_weights=float(node["leaf_value"]),
        )


def _floor(threshold: float) -> float:
    """Return the largest finite float32 that is not above; what splits off NaN alone is larger."""
    if abs(threshold) <= _ZERO:
        threshold = _ZERO if threshold >= 0 else float(np.nextafter(-_ZERO, -1.0))
    if threshold >= _MOST:
        return _MOST
    near = np.float32(threshold)
    above = float(near) > threshold  # as float32 the two would be equal
    return float(np.nextafter(near, np.float32(-np.inf)) if above else near)


def _missing_goes_left(node: dict[str, Any]) -> bool:
    """Where LightGBM sends NaN: as learnt, or as 0 in a column that never had any."""
    if node["missing_type"] == "NaN":
        return bool(node["default_left"])
    return bool(node["threshold"] >= 0.0)
