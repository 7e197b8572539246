"""A value too large for one record: numbered parts on a compacted topic, put together only when all are there.

Parts lie under ``name/0``, ``name/1`` and so on, so compaction keeps those of the newest value. Each says
which value it is of, so parts of two values never mix.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from schemas.unreadable import UNREADABLE

PART_BYTES = 900_000
"""Of a value in one record, before compression: a stock broker takes records of 1,048,588 bytes."""
MOST_PARTS = 1_000
MOST_BYTES = MOST_PARTS * PART_BYTES
MOST_WAITING = 4
"""Values of which parts are kept until the rest comes; the oldest is given up."""
_DIGEST_BYTES = 16


class PartError(ValueError):
    """A record under a part's key is no part; the message has no bytes of it."""


class Part(msgspec.Struct, array_like=True, frozen=True):
    """Part ``index`` of ``of`` of the value with this ``number`` and ``digest`` (BLAKE2b of all of it)."""

    number: int
    digest: bytes
    index: int
    of: int
    data: bytes


def split(name: str, number: int, value: bytes, most: int = PART_BYTES) -> dict[bytes, bytes]:
    """Return the records, by key, of a value; ``most``: bytes of it in a part.

    Raises:
        ValueError: it would take more than `MOST_PARTS`.
    """
    pieces = [value[start : start + most] for start in range(0, len(value), most)] or [b""]
    if len(pieces) > MOST_PARTS:
        raise ValueError(f"{len(value)} bytes are more than {MOST_PARTS} parts of {most} hold")
    digest = _digest(pieces)
    return {
        _key(name, i): msgspec.msgpack.encode(Part(number, digest, i, len(pieces), piece))
        for i, piece in enumerate(pieces)
    }


class Collector:
    """Puts values together from the records of a topic, taken in their order."""

    def __init__(self, name: str) -> None:
        """``name``: as given to `split`; a record under it alone is a whole value, as written before."""
        self._name = name.encode()
        self._waiting: dict[tuple[int, bytes, int], dict[int, bytes]] = {}
        self.keys: set[bytes] = set()
        """Keys of ours that have a value on the topic."""

    def take(self, key: bytes | None, value: bytes | None) -> bytes | None:
        """Return the value that a record completes, None as long as parts are missing.

        Records of other keys are passed over.

        Raises:
            PartError: the record is no part; nothing of it is kept.
        """
        if key is None or key.split(b"/")[0] != self._name:
            return None
        if value is None:
            self.keys.discard(key)
            return None
        self.keys.add(key)
        return value if key == self._name else self._joined(_part(self._name, key, value))

    def surplus(self, written: Iterable[bytes]) -> list[bytes]:
        """Return the keys to delete when a value is ``written`` to these: parts it does not have."""
        return sorted(self.keys - set(written))

    def _joined(self, part: Part) -> bytes | None:
        of = (part.number, part.digest, part.of)
        parts = self._waiting.setdefault(of, {})
        parts[part.index] = part.data
        if len(parts) < part.of:
            if len(self._waiting) > MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
            return None
        del self._waiting[of]
        pieces = [parts[index] for index in range(part.of)]
        if _digest(pieces) != part.digest:
            raise PartError("the parts are not of one value")
        return b"".join(pieces)


def _part(name: bytes, key: bytes, value: bytes) -> Part:
    try:
        part = msgspec.msgpack.decode(value, type=Part)
    except UNREADABLE as error:
        raise PartError(f"not a part: {type(error).__name__}") from error
    if not (0 <= part.index < part.of <= MOST_PARTS and key == _key(name.decode(), part.index)):
        raise PartError("not a part: its key or number does not fit")
    return part


def _key(name: str, index: int) -> bytes:
    return f"{name}/{index}".encode()


def _digest(pieces: Iterable[bytes]) -> bytes:
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()
