"""What goes wrong with sound records: values of any kind anywhere in them, bytes changed, cut and doubled."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
from fuzz.seeds import NOW_MS

SECRET = "GEHEIM"
"""In every text that is put in somewhere: no sentence and no line of a log may repeat it."""
_NUMBERS = (
    -1, 0, 1, 255, 256, 65_535, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1,
    -(2**63), NOW_MS // 1_000, NOW_MS * 1_000, -NOW_MS, 4_102_444_800_000, 1e308, -0.0, 0.1, 0.5,
)  # fmt: skip
_TEXTS = (
    "", " ", "\x00", "null", SECRET, SECRET * 50, "é" * 200, "😀" + SECRET, "שלום", "\u202eabc",
    "507f1f77bcf86cd799439011", "8928308280fffff", "9" * 400, "1.2.3x4x5", "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-05-28T23:59:60Z", "2026-05-28T10:00:00",
    "NaN", "Mo-Su 24:00-99:99", "../../etc", "view", "placed", "granted", "Antarctica/Troll", "EUR",
)  # fmt: skip
_OTHERS = (None, True, False, [], {}, [None], [[]], {"": {}}, [SECRET] * 300)
PLAIN: tuple[Any, ...] = (*_NUMBERS, *_TEXTS, *_OTHERS)
"""What JSON and MessagePack both know."""
ONLY_JSON = (
    b"NaN", b"-Infinity", b"1e400", b"1" + b"0" * 30, b"-" + b"7" * 5_000, b"0.1e-5000", b'"\\ud800"',
    b'"\\u0000"', b"01", b"{", b"]", b"tru", b'{"a":1,"a":2}', b"[" * 70 + b"]" * 70, b'"\xff"',
)  # fmt: skip
JSON: tuple[Any, ...] = (*PLAIN, *map(msgspec.Raw, ONLY_JSON))
ONLY_MSGPACK = (
    float("nan"), float("inf"), -float("inf"), b"", b"\x00", b"\xff" * 7, b"\xff" * 8, b"\x7f" * 16,
    msgspec.Raw(b"\xa3\xff\xfe\xfd"), msgspec.Raw(b"\xc1"), msgspec.Raw(b"\x91" * 200 + b"\xc0"),
    msgspec.msgpack.Ext(1, b"\x01"), {2**64 - 1: (b"\x00" * 8, b"\x00" * 4)}, {-1: "x"},
)  # fmt: skip
MSGPACK: tuple[Any, ...] = (*PLAIN, *ONLY_MSGPACK)
WHOLE = (
    b"",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"{}",
    b'{"a":' * 100 + b"1" + b"}" * 100,
    b"\xef\xbb\xbf{}",
)


def changed(rng: random.Random, value: Any, nasty: Sequence[Any]) -> Any:
    """Return a value with one thing in it changed; the value itself stays as it is."""
    if isinstance(value, bytes) and value and rng.random() < 0.7:
        return _column(rng, value)
    if not isinstance(value, dict | list | tuple) or not value or rng.random() < 0.1:
        return rng.choice(nasty)
    copy = dict(value) if isinstance(value, dict) else list(value)
    place = rng.choice(list(copy) if isinstance(copy, dict) else range(len(copy)))
    luck = rng.random()
    if luck < 0.1:
        del copy[place]
    elif luck < 0.2 and isinstance(copy, dict):
        copy[_name(rng, place)] = copy.pop(place)
    elif luck < 0.2:
        copy.insert(place, copy[place])
    else:
        copy[place] = changed(rng, copy[place], nasty)
    return copy


def _name(rng: random.Random, name: Any) -> Any:
    if isinstance(name, str):
        return rng.choice(("x", "Ts", "\u0000", name + "_", SECRET))
    return rng.choice((0, -1, 2**64 - 1, "x"))


def _column(rng: random.Random, packed: bytes) -> bytes:
    """Packed numbers that are others, more, fewer, or no whole number of them."""
    at = rng.randrange(len(packed))
    width = rng.choice((1, 4, 8))
    return rng.choice(
        (
            packed[:-1], packed + packed, packed[:at], b"\xff" * len(packed), b"\x00" * len(packed),
            packed[:at] + rng.randbytes(width) + packed[at + width :], rng.randbytes(len(packed)),
        )
    )  # fmt: skip


def spoilt_json(rng: random.Random, record: dict[str, Any], most: int = 3) -> bytes:
    """Return a record as JSON with none to ``most`` things changed, now and then its bytes as well."""
    for _ in range(rng.randrange(most + 1)):
        record = changed(rng, record, JSON)
        if not isinstance(record, dict):
            break
    raw = msgspec.json.encode(record)
    luck = rng.random()
    if luck < 0.1:
        return flipped(rng, raw)
    return rng.choice(WHOLE) if luck < 0.11 else raw


def spoilt_msgpack(rng: random.Random, value: Any, most: int = 3) -> bytes:
    """Return a value as MessagePack with none to ``most`` things changed, now and then its bytes as well."""
    for _ in range(rng.randrange(most + 1)):
        value = changed(rng, value, MSGPACK)
    raw = msgspec.msgpack.encode(value)
    return flipped(rng, raw) if rng.random() < 0.2 else raw


def flipped(rng: random.Random, raw: bytes) -> bytes:
    """Return bytes of any format with a few of them changed, cut off or doubled."""
    spoilt = bytearray(raw)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(spoilt) or 1)
        spoilt[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    return bytes(spoilt[: rng.randrange(len(spoilt) + 1)] if rng.random() < 0.2 else spoilt)
