"""Whether the log still holds what a partition's state goes on from."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

logger = logging.getLogger(__name__)


class RecreatedError(RuntimeError):
    """A topic was deleted and made again: its offsets mean something else now."""


def checked_offsets(
    contained: Mapping[str, int], starts: Mapping[Any, int], ends: Mapping[Any, int]
) -> dict[str, int]:
    """Return the next offset of each topic to read, past what retention has deleted.

    ``contained``: topic -> next offset after what the state contains; ``starts`` and ``ends``:
    topic partition -> offsets of the log.

    Raises:
        RecreatedError: a log ends before what the state contains.
    """
    checked = dict(contained)
    for tp, start in starts.items():
        at = contained.get(tp.topic, 0)
        if at > ends[tp]:
            raise RecreatedError(_recreated(tp, at, ends[tp]))
        if at < start:
            if at:
                logger.error("%s: %d to %d were deleted unread", tp, at, start - 1)
            checked[tp.topic] = start
    return checked


def _recreated(tp: Any, at: int, end: int) -> str:
    return (
        f"topic {tp.topic} partition {tp.partition} ends at offset {end}, but the state contains "
        f"everything before {at}: the topic was deleted and made again. Start with another app_id."
    )
