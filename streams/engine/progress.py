"""How far a partition's state has come: the engine's own row, committed with every batch.

The pipeline's marker row has offsets as well: those of the records it decided on, which decisions
name. The engine's also move over what holds no record, and are where reading goes on.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from schemas.state import NEVER_MS
from streams.state.marker import Marker

KEY = b"\x00progress"
"""The engine's rows start with a zero byte; the pipeline's never do."""


class Progress(msgspec.Struct, omit_defaults=True):
    """``next``: topic -> first offset that the state does not contain.

    ``stream_ms`` and ``broker_ms``: the stream time that the last batch with input reached, and the
    broker's time then; ticks measure from there. None: no input yet. (In the row it is ``wall_ms``: earlier
    builds had the worker's clock there.)
    """

    next: dict[str, int] = {}
    stream_ms: int | None = None
    broker_ms: int = msgspec.field(default=0, name="wall_ms")


def pack(progress: Progress) -> bytes:
    """Return the row's value."""
    return msgspec.msgpack.encode(progress)


def unpack(row: bytes | None) -> Progress:
    """Return the progress in a row's value, the beginning for None."""
    return Progress() if row is None else msgspec.msgpack.decode(row, type=Progress)


class Marked(NamedTuple):
    """What the engine reads in the pipeline's marker: stream time (ms UTC; None: no event yet), when the last of the
    published pushes expires, and the adopted epoch.
    """

    stream_ms: int | None = None
    pushes_until_ms: int = NEVER_MS
    epoch: int = 0


def marked(row: bytes | None) -> Marked:
    """Return what a marker row tells; None: there is none yet."""
    if row is None:
        return Marked()
    marker = msgspec.msgpack.decode(row, type=Marker)
    stream_ms = None if marker.stream_ms == NEVER_MS else marker.stream_ms
    return Marked(stream_ms, marker.pushes_until_ms, marker.epoch)


def advance(progress: Progress, ends: dict[str, int]) -> Progress:
    """Return the progress after a batch that covers up to ``ends``."""
    return Progress({**progress.next, **ends}, progress.stream_ms, progress.broker_ms)
