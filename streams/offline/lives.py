"""Where in a user's records the row begins again: at a release after which nothing before counts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.pipeline.accept import Fault, Release, is_command, read_command
from streams.settings import Settings


def is_release_of(record: SourceRecord, user: bytes, settings: Settings) -> bool:
    """Whether a record releases a user (pseudonym)."""
    release = _release(record, settings)
    return release is not None and release.user == user


def lives(
    records: list[SourceRecord], settings: Settings, most: int
) -> Iterator[tuple[list[SourceRecord], bool]]:
    """Cut one user's records at releases, at most ``most`` in a piece; tell whether the row begins again.

    It does where a release says so and the user was set aside before it.
    """
    releases = [_release(record, settings) for record in records]
    starts = [n for n, release in enumerate(releases) if release or n % most == 0]
    is_set_aside = False
    for start, stop in pairwise([*starts, len(records)]):
        release, piece = releases[start], records[start:stop]
        yield piece, release is not None and release.fresh and is_set_aside
        is_set_aside = is_set_aside and release is None
        is_set_aside |= any(record.refused is DeadReason.USER_SET_ASIDE for record in piece)


def _release(record: SourceRecord, settings: Settings) -> Release | None:
    if record.refused is not None or not is_command(record, settings.topic_prefix):
        return None
    try:
        command = read_command(record)
    except Fault:
        return None
    return command if isinstance(command, Release) else None
