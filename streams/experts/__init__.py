"""Features and expert scores of everything that could be pushed."""

from streams.experts.score import score
from streams.experts.user_score import user_score

__all__ = ["score", "user_score"]
