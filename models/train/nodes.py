"""An ONNX graph in the making, in float64: what a linear model needs."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

Floats = NDArray[np.float64]


class Nodes:
    """The nodes and constants so far; every method returns the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str, **more: int) -> str:
        """Add an operation; ``more`` are its attributes."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **more))
        return output

    def floats(self, name: str, values: Floats) -> str:
        """Add numbers of any shape."""
        made = helper.make_tensor(name, TensorProto.DOUBLE, values.shape, values.ravel())
        self.constants.append(made)
        return name

    def scalar(self, name: str, value: float) -> str:
        """Add one number."""
        self.constants.append(helper.make_tensor(name, TensorProto.DOUBLE, [], [value]))
        return name

    def whole(self, name: str, values: NDArray[np.int64]) -> str:
        """Add whole numbers: places or axes."""
        self.constants.append(helper.make_tensor(name, TensorProto.INT64, values.shape, values))
        return name

    def weighted(self, column: str, name: str, weights: Floats) -> str:
        """Add the sum of the columns times their weights: [n, 1]."""
        self.node("Mul", [column, self.floats(name, weights)], f"{name} times")
        axis = self.whole(f"{name} axis", np.array([1]))
        self.node("ReduceSum", [f"{name} times", axis], f"{name} sum", keepdims=1)
        return f"{name} sum"
