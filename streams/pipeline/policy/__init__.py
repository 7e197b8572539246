"""May we speak at all? One rule one file; `screen` asks them in order."""

from streams.pipeline.policy.screen import screen

__all__ = ["screen"]
