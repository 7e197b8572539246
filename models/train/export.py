"""From a fitted scikit-learn model to ONNX bytes with our one input and one output."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType

from models.bundle.bundle import INPUT, OUTPUT
from models.bundle.handmade import IR_VERSION, OPSET
from schemas.vocabulary import Scene

TARGET_OPSET = {"": OPSET, "ai.onnx.ml": 3}
FILL = -1.0
"""What the recogniser sees where a column is not known; every scene input is 0 or more."""
MOST = 60.0
"""Scene inputs stop here: an hour and its minutes are no more."""
_TABLE, _FILLED = "probabilities", "filled"


def export_binary(model: Any, width: int) -> bytes:
    """Return ONNX bytes that give P(class 1) as float32[n] from float32[n, width]."""
    proto = _convert(model, INPUT, width)
    graph = proto.graph
    graph.initializer.append(helper.make_tensor("kairos_one", TensorProto.INT64, [], [1]))
    graph.node.append(helper.make_node("Gather", [_TABLE, "kairos_one"], [OUTPUT], axis=1))
    return _finish(proto, [None])


def export_scene(model: Any, width: int) -> bytes:
    """Return ONNX bytes that give float32[n, scenes]; a scene the model never saw gets 0.

    The model was fitted on rows without NaN (`fill`): skl2onnx drops where a plain tree sends NaN, and the
    graph would then answer otherwise than the trainer.
    """
    proto = _convert(model, _FILLED, width)
    graph = proto.graph
    _fill_first(graph, width)
    # A product with zeros and ones only moves columns: it rounds nothing.
    spread = scatter(model.classes_)
    graph.initializer.append(
        helper.make_tensor("kairos_spread", TensorProto.FLOAT, spread.shape, spread.ravel())
    )
    graph.node.append(helper.make_node("MatMul", [_TABLE, "kairos_spread"], [OUTPUT]))
    return _finish(proto, [None, len(Scene)])


def fill(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows with `FILL` for NaN, within [FILL, MOST], as the scene graph does it itself."""
    return np.clip(np.where(np.isnan(rows), np.float32(FILL), rows), FILL, MOST).astype(np.float32)


def floor_thresholds(model: Any) -> None:
    """Round the thresholds of fitted boosted trees down to float32, in place.

    For float32 ``x``, ``x <= t`` and ``x <= floor32(t)`` are the same, so nothing changes; but
    skl2onnx rounds to nearest, and where two values are neighbours that flips rows.
    """
    for trees in model._predictors:
        for tree in trees:
            exact = tree.nodes["num_threshold"]
            near = exact.astype(np.float32)
            below = np.nextafter(near, np.float32(-np.inf))
            tree.nodes["num_threshold"] = np.where(near > exact, below, near)


def scatter(classes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the 0/1 matrix [classes, scenes] that puts each class in its scene's column."""
    return np.eye(len(Scene), dtype=np.float32)[np.asarray(classes, np.int64)]


def _fill_first(graph: onnx.GraphProto, width: int) -> None:
    nodes = [
        helper.make_node("IsNaN", [INPUT], ["holes"]),
        helper.make_node("Where", ["holes", "kairos_fill", INPUT], ["kairos_told"]),
        helper.make_node("Clip", ["kairos_told", "kairos_least", "kairos_most"], [_FILLED]),
        *graph.node,
    ]
    graph.initializer.append(helper.make_tensor("kairos_fill", TensorProto.FLOAT, [1], [FILL]))
    for name, value in (("kairos_least", FILL), ("kairos_most", MOST)):
        graph.initializer.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width]))


def _convert(model: Any, source: str, width: int) -> onnx.ModelProto:
    proto = convert_sklearn(
        model,
        name="kairos",
        initial_types=[(source, FloatTensorType([None, width]))],
        options={id(model): {"zipmap": False, "output_class_labels": False}},
        target_opset=TARGET_OPSET,
    )
    # The second output holds the probabilities of all classes; the first, the label, goes.
    found = proto.graph.output[1].name
    for node in proto.graph.node:
        node.output[:] = [_TABLE if name == found else name for name in node.output]
        node.input[:] = [_TABLE if name == found else name for name in node.input]
    return proto


def _finish(proto: onnx.ModelProto, shape: list[int | None]) -> bytes:
    del proto.graph.output[:]
    proto.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape))
    proto.producer_name, proto.producer_version, proto.doc_string = "kairos", "", ""
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString(deterministic=True))
