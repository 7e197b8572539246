"""Which of the candidates, if any, is worth the user's attention."""

from streams.pipeline.allocate.allocate import allocate

__all__ = ["allocate"]
