"""A panic of Rust code, as pyo3 raises it: no Exception."""

from __future__ import annotations


class PanicException(BaseException):
    """What onnxruntime's, RocksDB's or a tokenizer's bindings may raise."""


PanicException.__module__ = "pyo3_runtime"
