"""A job around another one: tests change what it does, alone or together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from streams.state.store import Effects, Work

Decide = Callable[[], list[Effects]]


def around(job: Any, change: Callable[[Decide], list[Effects]]) -> Any:
    """Return a job that does as ``change`` makes of a call that decides as ``job`` does."""

    class Around:
        def process(self, *work: Any) -> Effects:
            return change(lambda: [job.process(*work)])[0]

        def process_all(self, work: Sequence[Work]) -> list[Effects]:
            if hasattr(job, "process_all"):
                return change(lambda: job.process_all(work))
            return change(lambda: [job.process(*each) for each in work])

    return Around()
