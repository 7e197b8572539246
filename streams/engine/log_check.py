"""Whether the log still holds what a partition's state goes on from."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from streams.engine.refusal import ChangelogLostError, RefusalError

logger = logging.getLogger(__name__)


class RecreatedError(RefusalError):
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


def refuse_lost(changelog: Any, contained: Mapping[str, int], committed: Mapping[Any, int]) -> None:
    """Do nothing if the state contains all that its group has committed.

    Both are written in one transaction, so less in the state means that the changelog lost rows.
    ``contained`` as above; ``committed``: topic partition -> next offset, as the group says.

    Raises:
        ChangelogLostError: to read again from the state's offsets would count events twice.
    """
    ahead = {tp: at for tp, at in committed.items() if at > contained.get(tp.topic, 0)}
    for tp, at in sorted(ahead.items()):
        raise ChangelogLostError(
            f"topic {changelog.topic} partition {changelog.partition} lost data: the state in it "
            f"contains {tp.topic} up to offset {contained.get(tp.topic, 0)}, but the group has "
            f"committed {at}. Nothing was processed; `kairos recover` says what can be done"
        )


def more_partitions(found: int, partitions: int) -> str:
    """Say what it means that a topic has another number of partitions than the state."""
    return (
        f"has {found} partitions, the state has {partitions}: a user's events would meet no longer. "
        "Start with another app_id, and with the setting `partitions` and all user topics alike"
    )


def _recreated(tp: Any, at: int, end: int) -> str:
    return (
        f"topic {tp.topic} partition {tp.partition} ends at offset {end}, but the state contains "
        f"everything before {at}: the topic was deleted and made again. Start with another app_id."
    )
