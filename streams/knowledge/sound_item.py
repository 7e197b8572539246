"""What counts of a catalogue record: all of it, what is sound of it, or nothing. Of the record alone."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.knowledge.catalogue_record import (
    MAX_VALUE_BYTES,
    CatalogueError,
    Version,
    read_version,
)
from streams.shared.faults import Fault
from streams.shared.numbers import integer, number
from streams.shared.times import DAY_MS, is_possible

NEEDED = frozenset({"", "item_id", "ts", "schema_version"})
"""What a record cannot be without; "": the record itself."""
MOST = 24
"""Fields that may be at fault: no record has more that it can do without."""


class SoundItem(NamedTuple):
    """The item's name, its version (None: withdrawn) with the JSON that says so, and the fields at fault."""

    name: str
    version: Version | None
    value: bytes | None
    faults: list[Fault]


def sound_item(record: SourceRecord, zero_is_price: bool) -> SoundItem:
    """Return what counts of a catalogue record; ``zero_is_price``: see `read_version`.

    Raises:
        Fault: its identity, key, time or shape is not usable: nothing of it counts.
    """
    if not is_possible(record.timestamp_ms):
        sentence = "the record's timestamp lies outside 2000 to 2100"
        raise Fault(DeadReason.RECORD_TS_IMPOSSIBLE, sentence)
    name, value = _name(record.key), record.value
    if value is None:
        return SoundItem(name, None, None, [])
    if len(value) > MAX_VALUE_BYTES:
        raise Fault(DeadReason.VALUE_TOO_LARGE, f"more than {MAX_VALUE_BYTES} bytes")
    try:
        found = SoundItem(name, read_version(name, value, zero_is_price), value, [])
    except CatalogueError:
        found = _sound_part(name, value, zero_is_price)
    if found.version is not None and found.version.ts_ms > record.timestamp_ms + DAY_MS:
        sentence = "ts is more than 24 h past the record's timestamp"
        raise Fault(DeadReason.TS_FUTURE, sentence, "ts")
    return found


def _name(key: bytes | None) -> str:
    if not key:
        raise Fault(DeadReason.NULL_KEY, "the record has no key: it must be the item_id")
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise Fault(DeadReason.BAD_UTF8, "the key is not UTF-8", "key") from None


def _sound_part(name: str, value: bytes, zero_is_price: bool) -> SoundItem:
    """Leave out one field at fault after the other."""
    told = _object(value)
    faults = _not_finite(told)
    for _ in range(MOST):
        whole = msgspec.json.encode(told)
        try:
            return SoundItem(name, read_version(name, whole, zero_is_price), whole, faults)
        except CatalogueError as error:
            field = error.fault.field.split(".")[0].split("[")[0]
            if field in NEEDED or field not in told:
                raise error.fault from error
            faults.append(error.fault)
            _leave_out(told, field)
    raise faults[0]


def _leave_out(told: dict[str, Any], field: str) -> None:
    """Countries are the exception: where an item is sold is not known to be everywhere."""
    countries = told.pop(field)
    if field == "regions":
        entries = countries if isinstance(countries, list) else []
        told[field] = [country for country in entries if isinstance(country, str)]


def _object(value: bytes) -> dict[str, Any]:
    try:
        told = json.loads(value.decode(), parse_int=integer, parse_float=number)
        msgspec.json.encode(told)  # half a surrogate pair can be read, but not written
    except UnicodeDecodeError:
        raise Fault(DeadReason.BAD_UTF8, "the value is not UTF-8") from None
    except UnicodeEncodeError:
        raise Fault(DeadReason.LONE_SURROGATE, "half a surrogate pair in a text") from None
    except RecursionError:
        raise Fault(DeadReason.NESTED_TOO_DEEP, "nested too deep") from None
    except ValueError:
        raise Fault(DeadReason.NOT_JSON, "the value is not JSON") from None
    if not isinstance(told, dict):
        raise Fault(DeadReason.NOT_OBJECT, "the value is JSON, but not an object")
    return told


def _not_finite(told: dict[str, Any]) -> list[Fault]:
    """Leave out fields with a number that is none; return their faults."""
    faults = []
    for field in list(told):
        try:
            json.dumps(told[field], allow_nan=False)
        except ValueError:
            faults.append(Fault(DeadReason.NOT_FINITE, f"{field} has a number that is none", field))
            _leave_out(told, field)
    return faults
