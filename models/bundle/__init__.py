"""A bundle: a directory of ONNX graphs with the numbers and hashes that make them one model."""

from models.bundle.bundle import Bundle, reference_path
from models.bundle.manifest import (
    GRAPHS,
    BundleError,
    ContractRef,
    Graph,
    Manifest,
    Parity,
    Platt,
    Weights,
)
from models.bundle.parity import ParityError

__all__ = [
    "GRAPHS",
    "Bundle",
    "BundleError",
    "ContractRef",
    "Graph",
    "Manifest",
    "Parity",
    "ParityError",
    "Platt",
    "Weights",
    "reference_path",
]
