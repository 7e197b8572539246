"""A changelog that lost data: what each partition still has, and the two ways to go on.

The group's offsets are committed in one transaction with the changelog's rows. So a changelog
that contains less than what is committed has lost rows, and nothing but a copy brings them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from aiokafka import TopicPartition

from streams.engine import group, progress
from streams.engine.beginning import record_ends
from streams.engine.local_copy import LocalCopy
from streams.engine.refusal import RefusalError
from streams.engine.store import NO_OFFSET
from streams.engine.topic_ids import ids_of
from streams.engine.topic_view import view_topics
from streams.engine.topics import CHANGELOG, administering
from streams.operate.tools.feed import producing
from streams.operate.tools.open_transactions import open_transactions
from streams.operate.tools.reading import consuming, places, read, spans
from streams.settings import Settings
from streams.state.marker import Marker, packed_marker
from streams.state.store import MARKER

ROWS = 1_000
"""Rows in one transaction when a copy is written back."""


class Standing(msgspec.Struct, frozen=True):
    """How a partition stands; offsets are the next ones by topic, ``last`` the changelog's last.

    ``local``: what the copy in the data directory contains, None: there is none; ``local_offset``:
    the changelog offset that it is good for; ``is_of_another``: it was made from a topic that was
    deleted since. ``marker``: the pipeline's row in the changelog, None: it has none. ``open_at``: where a transaction is open in the changelog, None: nowhere.
    """

    partition: int
    committed: dict[str, int]
    changelog: dict[str, int]
    last: int
    local: dict[str, int] | None = None
    local_offset: int = NO_OFFSET
    is_of_another: bool = False
    marker: bytes | None = None
    open_at: int | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the changelog contains less than what is committed."""
        return not _contains(self.changelog, self.committed)

    @property
    def is_copy_whole(self) -> bool:
        """Whether the local copy contains all that is committed."""
        return self.local is not None and _contains(self.local, self.committed)

    @property
    def is_copy_stale(self) -> bool:
        """Whether the local copy is of a log that was longer than this one, or another."""
        return self.is_of_another or self.local_offset > self.last

    @property
    def again(self) -> int:
        """How many offsets would be read again from what the changelog contains."""
        ahead = (at - self.changelog.get(topic, 0) for topic, at in self.committed.items())
        return sum(max(0, each) for each in ahead)


def _contains(state: Mapping[str, int], committed: Mapping[str, int]) -> bool:
    return all(state.get(topic, 0) >= at for topic, at in committed.items())


class NoChangelogError(RefusalError):
    """The changelog is not there at all."""


class OpenTransactionError(RefusalError):
    """What a changelog contains cannot be told before a transaction has ended."""


async def look(settings: Settings) -> list[Standing]:
    """Return how each partition stands. The worker's data directory must be claimed.

    Raises:
        NoChangelogError: there is no changelog.
    """
    async with administering(settings) as admin:
        committed = await group.committed(admin, settings.app_id)
    async with consuming(settings) as consumer:
        wanted = await spans(consumer, await places(settings, [_changelog(settings)]))
        if not wanted:
            raise NoChangelogError(
                f"topic {_changelog(settings)} is missing; `kairos topics create` makes it, "
                "then `kairos recover` says what can be done"
            )
        contained = {place.partition: dict[str, int]() for place in wanted}
        markers = dict[int, bytes | None]()
        async for part in read(consumer, wanted):
            for place, records in part.items():
                for record in records:
                    if record.key == progress.KEY:
                        contained[place.partition] = progress.unpack(record.value).next
                    elif record.key == MARKER:
                        markers[place.partition] = record.value
    ids, open_at = await _ids(settings), await open_transactions(settings, wanted)
    return [
        Standing(
            place.partition,
            {tp.topic: at for tp, at in committed.items() if tp.partition == place.partition},
            contained[place.partition],
            end - 1,
            marker=markers.get(place.partition),
            open_at=open_at.get(place),
            **_local(LocalCopy(settings, place.partition), ids),
        )
        for place, (_, end) in sorted(wanted.items())
    ]


def _changelog(settings: Settings) -> str:
    return f"{settings.app_id}-{CHANGELOG}"


async def _ids(settings: Settings) -> dict[str, bytes]:
    return ids_of(await view_topics(settings.broker, [_changelog(settings)]))


def _local(copy: LocalCopy, ids: Mapping[str, bytes]) -> dict[str, Any]:
    """What a standing tells of the local copy. ``ids``: the changelog's id now."""
    if not copy.exists():
        return {}
    before = copy.topic_ids()
    return {
        "local": copy.contained(),
        "local_offset": copy.offset(),
        "is_of_another": any(before.get(name, found) != found for name, found in ids.items()),
    }


async def repair(settings: Settings, standing: Standing) -> bool:
    """Do what can be done without loss; return whether the partition is whole after it."""
    if standing.is_lost and standing.is_copy_whole:
        await _write_back(settings, standing.partition)
        return True
    if not standing.is_lost and standing.is_copy_stale:
        LocalCopy(settings, standing.partition).remove()
    return not standing.is_lost


async def _write_back(settings: Settings, partition: int) -> None:
    """Make the changelog say what the local copy says; its progress comes last."""
    copy = LocalCopy(settings, partition)
    rows = dict[bytes, bytes | None](copy.rows())
    gone = [(key, None) for key in await _keys(settings, partition) if key not in rows]
    every = [*gone, *rows.items()]
    last = NO_OFFSET
    name = f"{settings.app_id}-{partition}"  # fences the partition's last owner
    async with producing(settings, transactional_id=name) as producer:
        for start in range(0, len(every), ROWS):
            async with producer.transaction():
                for key, row in every[start : start + ROWS]:
                    sent = await producer.send(_changelog(settings), row, key, partition=partition)
            last = (await sent).offset
    copy.good_for(last, await _ids(settings))


async def _mark_past(
    settings: Settings, partition: int, row: bytes, committed: Mapping[str, int]
) -> None:
    """Write the marker again with what is committed as the partition's past."""
    tps = [TopicPartition(topic, partition) for topic in committed]
    ends = await record_ends(settings, tps)
    marker = msgspec.msgpack.decode(row, type=Marker)
    marker.past = {tp.topic: min(committed[tp.topic], end) for tp, end in ends.items()}
    name = f"{settings.app_id}-{partition}"
    async with producing(settings, transactional_id=name) as producer, producer.transaction():
        await producer.send(
            _changelog(settings), packed_marker(marker), MARKER, partition=partition
        )


async def _keys(settings: Settings, partition: int) -> set[bytes]:
    """The keys of the rows that the changelog has."""
    place = TopicPartition(_changelog(settings), partition)
    async with consuming(settings) as consumer:
        wanted = await spans(consumer, [place])
        parts = [part async for part in read(consumer, wanted)]
    return {r.key for part in parts for records in part.values() for r in records if r.key}


async def count_again(settings: Settings, standings: Iterable[Standing]) -> None:
    """Set the group back to what the changelog contains; what lies between is counted again.

    A partition that still has state is told that this is its past: it was published already. One
    that has none finds out by itself when it begins.
    """
    offsets: dict[TopicPartition, int] = {}
    for standing in standings:
        for topic in standing.committed:
            tp = TopicPartition(topic, standing.partition)
            offsets[tp] = standing.changelog.get(topic, 0)
        if standing.local is not None:
            LocalCopy(settings, standing.partition).remove()
        if standing.marker is not None and settings.catch_up == "silent":
            await _mark_past(settings, standing.partition, standing.marker, standing.committed)
    await group.commit(settings, offsets)
