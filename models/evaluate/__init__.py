"""How good a bundle is on samples it has not seen."""

from models.metrics.on_dataset import evaluate_dataset

__all__ = ["evaluate_dataset"]
