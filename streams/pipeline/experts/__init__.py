"""Features and expert scores of everything that could be pushed."""

from streams.pipeline.experts.score import score
from streams.pipeline.experts.user_score import user_score

__all__ = ["score", "user_score"]
