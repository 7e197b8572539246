from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from streams.engine.fetch import FetchThread

NEW, OLD, STATE = (TopicPartition(name, 0) for name in ("clicks", "purchases", "changelog"))


class Thread(FetchThread):
    """Runs everything at once, in the caller's thread, on a consumer of no broker."""

    def __init__(self) -> None:
        self.app = SimpleNamespace(options=SimpleNamespace(topics=("clicks", "purchases")))
        self.sought: list[tuple[Any, int]] = []

    def _ensure_consumer(self) -> Any:
        async def seek_to_committed() -> dict[Any, int | None]:
            return {NEW: None, OLD: 7, STATE: None}

        return SimpleNamespace(seek_to_committed=seek_to_committed)

    async def call_thread(self, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        found = fun(*args)
        return await found if hasattr(found, "__await__") else found

    def seek_to(self, tp: Any, offset: int) -> None:
        self.sought.append((tp, offset))


async def test_an_input_that_was_never_committed_is_read_from_its_beginning() -> None:
    thread = Thread()
    assert await thread.seek_to_committed() == {NEW: None, OLD: 7, STATE: None}
    assert thread.sought == [(NEW, 0)], "aiokafka itself seeks where there is a committed offset"
