"""The trained net as an ONNX graph, ONNX's own GRU node between a few plain ones; and a line.

One input like every graph of a bundle: the feature columns, then the steps, row after row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from models.bundle.bundle import INPUT, OUTPUT
from models.bundle.handmade import model
from models.train.temporal.recurrent import BOUND, STEP_BOUND, Scaling, Weights

Rows = NDArray[np.float32]


def split(rows: Rows, columns: int, channels: int) -> tuple[Rows, Rows]:
    """Return features and steps of the graph's input, the inverse of `flatten`."""
    return rows[:, :columns], rows[:, columns:].reshape(len(rows), -1, channels)


def recurrent_graph(weights: Weights, scaling: Scaling, steps: int, target: int) -> bytes:
    """Return ONNX bytes that give one target's probability: float32[n]."""
    columns, channels = len(scaling.fill), weights["gru_x"].shape[0]
    width = columns + steps * channels
    build = _Build()
    build.const("axis", np.array([1]))
    for name, at in (("zero", 0), ("columns", columns), ("width", width)):
        build.const(name, np.array([at]))
    build.node("Slice", [INPUT, "zero", "columns", "axis"], "told")
    build.node("Slice", [INPUT, "columns", "width", "axis"], "flat_steps")
    _scaled(build, scaling)
    _state(build, weights, steps, channels)
    _head(build, weights, target)
    return model(build.nodes, build.constants, width, None)


def linear_graph(weights: Rows, bias: float, scaling: Scaling) -> bytes:
    """Return ONNX bytes of a logistic curve over the scaled columns: float32[n]."""
    build = _Build()
    build.const("axis", np.array([1]))
    build.node("Identity", [INPUT], "told")
    _scaled(build, scaling)
    build.const("weights", weights[:, None])
    build.const("bias", np.array(bias, np.float32))
    build.node("MatMul", ["scaled", "weights"], "sum")
    build.node("Add", ["sum", "bias"], "logit")
    build.node("Sigmoid", ["logit"], "column_out")
    build.node("Squeeze", ["column_out", "axis"], OUTPUT)
    return model(build.nodes, build.constants, len(weights), None)


class _Build:
    """Nodes and constants of a graph in the making."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def const(self, name: str, value: NDArray[np.generic]) -> str:
        """Add a constant; numbers are float32, whole ones int64."""
        kind = np.int64 if np.issubdtype(value.dtype, np.integer) else np.float32
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, kind), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, **attributes: object) -> str:
        """Add a node with one output."""
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output


def _scaled(build: _Build, scaling: Scaling) -> None:
    build.const("fill", scaling.fill)
    build.const("mean", scaling.mean)
    build.const("scale", scaling.scale)
    for name, value in (("one", 1.0), ("low", -BOUND), ("high", BOUND)):
        build.const(name, np.array(value, np.float32))
    build.node("IsNaN", ["told"], "unknown")
    build.node("Where", ["unknown", "fill", "told"], "filled")
    build.node("Abs", ["filled"], "size")
    build.node("Add", ["one", "size"], "above_one")
    build.node("Log", ["above_one"], "log_size")
    build.node("Sign", ["filled"], "sign")
    build.node("Mul", ["sign", "log_size"], "signed_log")
    build.node("Sub", ["signed_log", "mean"], "centred")
    build.node("Div", ["centred", "scale"], "standard")
    build.node("Clip", ["standard", "low", "high"], "scaled")


def _state(build: _Build, weights: Weights, steps: int, channels: int) -> None:
    size = weights["gru_h"].shape[0]
    build.const("nothing", np.array(0.0, np.float32))
    build.const("step_low", np.array(-STEP_BOUND, np.float32))
    build.const("step_high", np.array(STEP_BOUND, np.float32))
    build.const("shape", np.array([0, steps, channels]))
    build.const("gru_w", weights["gru_x"].T[None])
    build.const("gru_r", weights["gru_h"].T[None])
    build.const("gru_b", np.concatenate([weights["gru_bx"], weights["gru_bh"]])[None])
    build.node("IsNaN", ["flat_steps"], "step_unknown")
    build.node("Where", ["step_unknown", "nothing", "flat_steps"], "step_filled")
    build.node("Clip", ["step_filled", "step_low", "step_high"], "step_bounded")
    build.node("Reshape", ["step_bounded", "shape"], "by_user")
    build.node("Transpose", ["by_user"], "by_step", perm=[1, 0, 2])
    build.nodes.append(
        helper.make_node(
            "GRU",
            ["by_step", "gru_w", "gru_r", "gru_b"],
            ["", "last"],
            hidden_size=size,
            linear_before_reset=1,
        )
    )
    build.node("Squeeze", ["last", "zero"], "state")


def _head(build: _Build, weights: Weights, target: int) -> None:
    one = slice(target, target + 1)
    for name in ("hidden_w", "hidden_b"):
        build.const(name, weights[name])
    build.const("wide", weights["wide"][:, one])
    build.const("head_w", weights["head_w"][:, one])
    build.const("head_b", weights["head_b"][one])
    build.node("MatMul", ["scaled", "hidden_w"], "hidden_sum")
    build.node("Add", ["hidden_sum", "hidden_b"], "hidden_biased")
    build.node("Tanh", ["hidden_biased"], "hidden")
    build.node("Concat", ["state", "hidden"], "deep", axis=1)
    build.node("MatMul", ["deep", "head_w"], "deep_logit")
    build.node("MatMul", ["scaled", "wide"], "wide_logit")
    build.node("Add", ["deep_logit", "wide_logit"], "both")
    build.node("Add", ["both", "head_b"], "logit")
    build.node("Sigmoid", ["logit"], "column_out")
    build.node("Squeeze", ["column_out", "axis"], OUTPUT)
