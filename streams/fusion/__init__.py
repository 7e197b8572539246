"""One probability from two experts."""

from streams.fusion.fuse import blend, degraded, fuse, weights

__all__ = ["blend", "degraded", "fuse", "weights"]
