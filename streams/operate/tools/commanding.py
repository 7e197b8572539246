"""Say something to a partition: a record on `ticks`, which whoever reads the log again reads as well."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from schemas.events import Command, Release, TimeBack
from schemas.state import NEVER_MS
from streams.engine.topics import CLOCK
from streams.operate.tools.feed import producing
from streams.operate.tools.markers import read_markers, read_row
from streams.pipeline.accept.commands import RELEASE, TICKS, TIME_BACK
from streams.pipeline.aggregate import unreadable
from streams.settings import Settings
from streams.shared.times import parse_ts
from streams.state.marker import Marker
from streams.state.store import SET_ASIDE

AHEAD_MS = 60_000
"""A partition whose time is further ahead of the broker's than that is ahead; clocks are a little off."""


class CommandError(ValueError):
    """There is nothing to say; the message tells why."""


class Said(msgspec.Struct, frozen=True):
    """What was said to a partition: ``ts_ms`` is the record's timestamp."""

    partition: int
    ts_ms: int
    fresh: bool | None = None


async def broker_ms(settings: Settings) -> int:
    """Return the broker's time, ms UTC."""
    async with producing(settings) as producer:
        answer = await producer.send_and_wait(settings.topic(CLOCK), b"", partition=0)
    return int(answer.timestamp)


def ahead(markers: dict[int, Marker], now_ms: int) -> list[int]:
    """Return the partitions whose time is ahead of the broker's."""
    return sorted(n for n, marker in markers.items() if marker.stream_ms > now_ms + AHEAD_MS)


async def bring_back(settings: Settings, partitions: Sequence[int], to: str) -> list[Said]:
    """Bring partitions back to a time (RFC 3339; "": the broker's), all that are ahead where none is named.

    Raises:
        CommandError: none is ahead, or the time has not come yet.
        Fault: ``to`` is no time.
    """
    now_ms, markers = await broker_ms(settings), await read_markers(settings)
    to_ms = parse_ts(to, now_ms) if to else now_ms
    if to_ms > now_ms:
        raise CommandError("time goes back, not forward: the broker's clock is not there yet")
    chosen = partitions or ahead(markers, now_ms)
    if not chosen:
        raise CommandError("no partition is ahead of the broker's time")
    for number in chosen:
        if markers.get(number, Marker()).stream_ms <= to_ms:
            raise CommandError(f"partition {number} is not ahead of that time")
    for number in chosen:
        command = TimeBack(after=markers[number].next_offsets)
        await _say(settings, number, TIME_BACK, command, to_ms)
    return [Said(number, to_ms) for number in chosen]


async def release(settings: Settings, user: bytes) -> Said:
    """Release a user (pseudonym) who was set aside: from the row as it was if this build can read it.

    Raises:
        CommandError: the user is not set aside.
    """
    markers = await read_markers(settings)
    number = next((n for n, marker in markers.items() if user in marker.set_aside), None)
    if number is None:
        raise CommandError("this user is not set aside on any partition")
    marker, now_ms = markers[number], await broker_ms(settings)
    row = await read_row(settings, number, SET_ASIDE + user)
    fresh = row is None or bool(unreadable([user], [row]))
    ts_ms = now_ms if marker.stream_ms == NEVER_MS else min(marker.stream_ms, now_ms)
    command = Release(after=marker.next_offsets, user=user.hex(), fresh=fresh)
    await _say(settings, number, RELEASE, command, ts_ms)
    return Said(number, ts_ms, fresh)


async def _say(
    settings: Settings, partition: int, name: bytes, command: Command, ts_ms: int
) -> None:
    async with producing(settings) as producer:
        await producer.send_and_wait(
            settings.topic(TICKS), msgspec.json.encode(command), name, partition=partition,
            timestamp_ms=ts_ms,
        )  # fmt: skip
