from __future__ import annotations

import threading

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.bundle import Bundle, BundleError, time_limit
from models.bundle.bundle import INPUT, OUTPUT
from models.bundle.experts import run_graph
from models.bundle.handmade import IR_VERSION, OPSET, write_linear_bundle
from schemas.vocabulary import Scene

WIDTH = 1
FEW_TICKS = 3


def counts_up_to(most: float) -> bytes:
    """A graph that adds 1 to the sum of its input until that is greater than ``most``."""
    number, flag = TensorProto.FLOAT, TensorProto.BOOL
    body = helper.make_graph(
        [
            helper.make_node("Add", ["x", "one"], ["more"]),
            helper.make_node("ReduceMax", ["more"], ["greatest"], keepdims=0),
            helper.make_node("Less", ["greatest", "most"], ["again"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_on", flag, []),
            helper.make_tensor_value_info("x", number, None),
        ],
        [
            helper.make_tensor_value_info("again", flag, []),
            helper.make_tensor_value_info("more", number, None),
        ],
        [
            helper.make_tensor("one", number, [], [1.0]),
            helper.make_tensor("most", number, [], [most]),
        ],
    )
    graph = helper.make_graph(
        [
            helper.make_node("ReduceSum", [INPUT, "axes"], ["sum"], keepdims=0),
            helper.make_node("Loop", ["", "yes", "sum"], [OUTPUT], body=body),
        ],
        "g",
        [helper.make_tensor_value_info(INPUT, number, [None, WIDTH])],
        [helper.make_tensor_value_info(OUTPUT, number, [None])],
        [
            helper.make_tensor("yes", flag, [], [True]),
            helper.make_tensor("axes", TensorProto.INT64, [1], [1]),
        ],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


ENDLESS = counts_up_to(float("inf"))
AS_THE_INPUT_SAYS = counts_up_to(1.0)
"""One round for a row of zeros, and no end for one of -inf."""


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    monkeypatch.setattr(time_limit, "MOST_TICKS", FEW_TICKS)
    monkeypatch.setattr(time_limit, "TICK_S", 0.02)
    return write_linear_bundle(tmp_path / "b", {"temporal_user": {"any_1d": 1.0}})


def test_a_graph_that_never_ends_is_refused_when_it_is_loaded(manifest):
    with pytest.raises(BundleError, match=r"graph temporal_user cannot be run: .*terminate"):
        Bundle.of(manifest, {"temporal_user": ENDLESS})


def test_a_graph_that_does_not_end_in_work_is_an_expert_that_failed(manifest):
    bundle = Bundle.of(manifest, {"temporal_user": AS_THE_INPUT_SAYS})
    column = {
        "user": np.zeros((2, 200), np.float32),
        "scene": np.zeros((2, len(Scene)), np.float32),
    }
    assert run_graph(bundle, "temporal_user", **column) is not None
    column["user"][:] = -np.inf
    assert run_graph(bundle, "temporal_user", **column) is None
    assert bundle.failures == {"temporal_user": 1}
    column["user"][:] = 0
    assert run_graph(bundle, "temporal_user", **column) is not None


def test_nothing_counts_while_nothing_runs(manifest):
    bundle = Bundle.of(manifest, {"temporal_user": AS_THE_INPUT_SAYS})
    for _ in range(2):
        bundle.run("temporal_user", np.zeros((1, WIDTH), np.float32))
        counting = [t for t in threading.enumerate() if t.name == "graph-limit"]
        assert counting
        for thread in counting:
            thread.join(10)
        assert not any(thread.is_alive() for thread in counting)
