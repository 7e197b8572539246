"""From labelled samples to a bundle. Needs the ``train`` extra (scikit-learn, skl2onnx)."""

from models.train.train import train_bundle

__all__ = ["train_bundle"]
