"""The learner's state as bytes and back: each class names the attributes that it keeps.

What a class is given when it is made (settings, bounds, what training found) is not kept. Arrays,
records and containers say in the bytes what they are; nothing else is ever made from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from typing import Any, ClassVar

import msgspec
import numpy as np

from models.forecast.families import FAMILIES
from models.forecast.running import Group, Running
from models.forecast.surprise import Surprise

_ARRAY, _RECORD, _FAMILY, _TUPLE, _COUNTER = range(1, 6)
_RECORDS = {kind.__name__: kind for kind in (Running, Group, Surprise)}
_FAMILY_TYPES = tuple(type(family) for family in FAMILIES.values())
_PLAIN = (int, float, str, bytes, bool, type(None))


class Kept:
    """A part of the learner whose state is the attributes named in ``KEEPS``."""

    KEEPS: ClassVar[tuple[str, ...]] = ()

    def kept(self) -> dict[str, Any]:
        """Return the state, by attribute; parts in it are as their own `kept`."""
        return {name: _kept(getattr(self, name)) for name in self.KEEPS}

    def keep_on(self, state: dict[str, Any]) -> None:
        """Take up the state that another of this class returned.

        Raises:
            KeyError: an attribute is missing.
        """
        for name in self.KEEPS:
            mine, told = getattr(self, name), state[name]
            if isinstance(mine, Kept):
                mine.keep_on(told)
            elif isinstance(mine, dict) and any(isinstance(each, Kept) for each in mine.values()):
                for key, part in mine.items():
                    part.keep_on(told[key])
            else:
                setattr(self, name, told)


def dump(part: Kept) -> bytes:
    """Return the state as MessagePack; the same history gives the same bytes."""
    return msgspec.msgpack.encode(part.kept())


def load(part: Kept, state: bytes) -> None:
    """Take up a state that `dump` returned.

    Raises:
        ValueError, KeyError, TypeError: it is none of this part's.
    """
    part.keep_on(msgspec.msgpack.decode(state, ext_hook=_made))


def _kept(value: Any) -> Any:
    """A value as MessagePack knows it, with what it is where MessagePack does not."""
    if isinstance(value, Kept):
        return value.kept()
    if isinstance(value, np.ndarray):
        return _told(_ARRAY, (_dtype(value), value.shape, value.tobytes()))
    if isinstance(value, _FAMILY_TYPES):
        return _told(_FAMILY, value.name)
    if type(value).__name__ in _RECORDS:
        told = [_kept(getattr(value, each.name)) for each in fields(value)]
        return _told(_RECORD, (type(value).__name__, told))
    if isinstance(value, Counter):
        return _told(_COUNTER, dict(value))
    if isinstance(value, dict):
        return value if _all_plain(value.values()) else {k: _kept(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return _told(_TUPLE, [_kept(each) for each in value])
    if isinstance(value, list):
        return value if _all_plain(value) else [_kept(each) for each in value]
    return value


def _all_plain(values: Any) -> bool:
    """Whether none of the values needs a word of its own: millions of names are looked at once."""
    return all(isinstance(value, _PLAIN) for value in values)


def _dtype(array: np.ndarray[Any, Any]) -> Any:
    return array.dtype.str if array.dtype.names is None else array.dtype.descr


def _told(code: int, value: Any) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(value))


def _made(code: int, data: memoryview) -> Any:
    return _MAKERS[code](msgspec.msgpack.decode(data, ext_hook=_made))


def _array(told: Any) -> np.ndarray[Any, Any]:
    kind, shape, data = told
    dtype = np.dtype(kind if isinstance(kind, str) else [tuple(each) for each in kind])
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _record(told: Any) -> Any:
    name, values = told
    return _RECORDS[name](*values)


_MAKERS: dict[int, Callable[[Any], Any]] = {
    _ARRAY: _array,
    _RECORD: _record,
    _FAMILY: lambda name: FAMILIES[name],
    _TUPLE: tuple,
    _COUNTER: Counter,
}
