"""One probability from two experts."""

from streams.pipeline.fusion.fuse import blend, degraded, fuse, rank_weights, ranked_pairs, weights

__all__ = ["blend", "degraded", "fuse", "rank_weights", "ranked_pairs", "weights"]
