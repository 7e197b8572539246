"""What is known of a sibling: the item of the issue whose kind it is, its log, and what is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from siblings.day import Day


@dataclass(frozen=True)
class Sibling:
    """``right``: fields of `siblings.day.Seen`; ``settings``: beside the defaults."""

    tell: Callable[[Day], None]
    right: dict[str, Any]
    settings: dict[str, Any]

    @property
    def name(self) -> str:
        return self.tell.__name__


class Kind(list[Sibling]):
    """The siblings of one kind, in the order of their telling."""

    def right(self, settings: dict[str, Any] | None = None, **right: Any) -> Any:
        """Decorate the function that tells a sibling's log."""

        def add(tell: Callable[[Day], None]) -> Callable[[Day], None]:
            self.append(Sibling(tell, right, settings or {}))
            return tell

        return add
