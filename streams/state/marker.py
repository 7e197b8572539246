"""The row in which a partition remembers itself."""

from __future__ import annotations

import msgspec

from schemas.state import NEVER_MS
from streams.state.store import MARKER, Store


class Generation(msgspec.Struct):
    """The dictionary's generation, and what is left to do of the change to it.

    ``number`` of the generation, 0: of a build that had one only; ``since_ms``: stream time at its
    begin; ``kept``: texts it had when the copying ended; ``old``: texts of the generation before,
    while those in use are copied, ``moved``: how many of these are in this one by now; ``swept``: the user up to whom that is done; ``leftover``: rows of
    the generation before that are still to be deleted.
    """

    number: int = 0
    since_ms: int = NEVER_MS
    kept: int = 0
    old: int = 0
    moved: int = 0
    swept: bytes = b""
    leftover: int = 0


class Marker(msgspec.Struct):
    """What a partition remembers about itself, inside every transaction.

    ``counts``: the law-4 counters; ``records``: how long the input sequence is so far;
    ``next_offsets``: per source topic the first offset not yet processed, for decisions to name (the
    engine reads on from a row of its own); ``secret``: fingerprint of the key that made the pseudonyms;
    ``names``: how many texts the dictionary's ``generation`` has; ``set_aside``: users whose rows could not be read;
    ``fired``: the last entry of the timer index that fired before the record at ``next_offsets``, b""
    once that record is applied; ``left_epochs``: numbers after ``epoch`` of those that made decisions raise;
    ``blamed``: the last places in the sequence at which something was set aside;
    ``pushes_until_ms``: when the last of the published pushes expires;
    ``past``: per source topic the offset after the last record that was there when the partition began
    without state, empty once these are applied and a later one is.
    """

    stream_ms: int = NEVER_MS
    epoch: int = 0
    secret: str = ""
    counts: dict[str, int] = {}
    records: int = 0
    next_offsets: dict[str, int] = {}
    names: int = 0
    set_aside: list[bytes] = []
    fired: bytes = b""
    left_epochs: list[int] = []
    blamed: list[int] = []
    generation: Generation = msgspec.field(default_factory=Generation)
    past: dict[str, int] = {}
    pushes_until_ms: int = NEVER_MS


def fresh_marker() -> Marker:
    """Return the marker of a partition that begins."""
    return Marker(generation=Generation(1))


def read_marker(store: Store) -> Marker:
    """Return the partition's marker; a new partition has a fresh one."""
    row = store.get_many([MARKER])[0]
    return msgspec.msgpack.decode(row, type=Marker) if row else fresh_marker()


def packed_marker(marker: Marker) -> bytes:
    """Return the row: the same marker gives the same bytes."""
    return msgspec.msgpack.encode(marker, order="deterministic")
