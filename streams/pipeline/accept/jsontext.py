"""Whether bytes are JSON that can be read safely, and if not, why not."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import numpy as np

from schemas.vocabulary import DeadReason
from streams.shared.faults import Fault
from streams.shared.numbers import integer, number

MAX_DEPTH = 64
"""Deepest nesting; ours is 3. Fixed, so that the stack of the caller never decides."""

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_STEP = np.zeros(256, np.int32)
_STEP[list(b"[{")] = 1
_STEP[list(b"]}")] = -1


def check_text(value: bytes) -> None:
    """Refuse what is not UTF-8, and what nests deeper than `MAX_DEPTH`.

    Raises:
        Fault: `bad_utf8` or `nested_too_deep`.
    """
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise Fault(DeadReason.BAD_UTF8, f"byte {error.start} is not UTF-8") from None
    if value.count(b"[") + value.count(b"{") <= MAX_DEPTH:
        return
    bare = np.frombuffer(_STRING.sub(b"", value), np.uint8)
    if np.cumsum(_STEP[bare]).max(initial=0) > MAX_DEPTH:
        raise Fault(DeadReason.NESTED_TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels")


def readable(value: bytes) -> dict[str, Any]:
    """Return what can be read of an object, whatever else is wrong; nothing where nothing can.

    Bytes that are no UTF-8 are replaced, what nests deeper than `MAX_DEPTH` is left out, and so is
    what follows the object.
    """
    text = _shallow(value).decode(errors="replace").lstrip("\ufeff \t\r\n")
    try:
        found, _ = _LENIENT.raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _shallow(value: bytes) -> bytes:
    """Put 0 for everything that nests deeper than `MAX_DEPTH`."""
    if value.count(b"[") + value.count(b"{") <= MAX_DEPTH:
        return value
    bare = np.frombuffer(_STRING.sub(lambda text: b"s" * len(text[0]), value), np.uint8)
    after = np.cumsum(_STEP[bare])
    deep = np.maximum(after, after - _STEP[bare]) > MAX_DEPTH
    opens = deep & (_STEP[bare] == 1) & (after == MAX_DEPTH + 1)
    kept = np.frombuffer(value, np.uint8).copy()
    kept[opens] = ord("0")
    shallow: bytes = kept[~deep | opens].tobytes()
    return shallow


def parse_object(value: bytes, *, finite: bool = True) -> dict[str, Any]:
    """Return the JSON object in ``value``, which `check_text` has passed; the last name wins.

    ``finite`` False: let numbers that are none pass, for whoever looks at each field. What has no
    fraction is whole: 2000.0 is 2000.

    Raises:
        Fault: `not_json`, `not_object`, `not_finite` or `lone_surrogate`.
    """
    try:
        found = json.loads(value.decode(), parse_int=integer, **(_FINITE if finite else _ANY))
    except json.JSONDecodeError as error:
        raise Fault(DeadReason.NOT_JSON, f"not JSON from character {error.pos} on") from None
    if not isinstance(found, dict):
        raise Fault(DeadReason.NOT_OBJECT, "the value is JSON, but not an object")
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Fault(DeadReason.LONE_SURROGATE, "half a surrogate pair in a text") from None
    return found


def _not_finite(_: str) -> NoReturn:
    raise Fault(DeadReason.NOT_FINITE, "NaN and Infinity are not numbers of JSON")


def _finite(digits: str) -> int | float:
    found = number(digits)
    if not math.isfinite(found):
        raise Fault(DeadReason.NOT_FINITE, "a number is too large to be finite")
    return found


_FINITE: dict[str, Any] = {"parse_constant": _not_finite, "parse_float": _finite}
_ANY: dict[str, Any] = {"parse_float": number}
_LENIENT = json.JSONDecoder(parse_int=integer, strict=False)
