"""How far a partition's state has come: the engine's own row, committed with every batch.

The pipeline's marker row has offsets as well: those of the records it decided on, which decisions
name. The engine's also move over what holds no record, and are where reading goes on.
"""

from __future__ import annotations

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


def marked_stream_ms(row: bytes | None) -> int | None:
    """Return the stream time in the pipeline's marker row, None if there is none yet."""
    stream_ms = NEVER_MS if row is None else msgspec.msgpack.decode(row, type=Marker).stream_ms
    return None if stream_ms == NEVER_MS else stream_ms


def advance(progress: Progress, ends: dict[str, int]) -> Progress:
    """Return the progress after a batch that covers up to ``ends``."""
    return Progress({**progress.next, **ends}, progress.stream_ms, progress.broker_ms)
