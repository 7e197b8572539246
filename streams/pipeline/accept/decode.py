"""From bytes to a record: one strict decode for nearly all, a patient one for the rest.

The patient way is the rule, the strict one a short cut: what the strict decoder takes, the
patient way takes with the same result, no fault in a check and no unknown fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.pipeline.accept.jsontext import check_text, parse_object
from streams.pipeline.accept.shapes import Shape
from streams.pipeline.accept.validate import check_id
from streams.shared.faults import Fault
from streams.shared.wording import fault_of

_ANY = msgspec.json.Decoder(dict[str, Any])


def decode(record: SourceRecord, shape: Shape, max_bytes: int) -> tuple[Any, int]:
    """Return the record's value as a checked struct, and how many unknown fields it has.

    Raises:
        Fault: the value is no record of this shape, or the record has no key.
    """
    value = record.value
    if value is None and shape.forgets is not None:
        return _forgetting(record, shape.forgets), 0
    if not value:
        raise Fault(DeadReason.EMPTY_VALUE, "the value is empty")
    if len(value) > max_bytes:
        raise Fault(DeadReason.VALUE_TOO_LARGE, f"the value is larger than {max_bytes} bytes")
    if record.key is None:
        raise Fault(DeadReason.NULL_KEY, "the record has no key: it must be the user_id")
    try:
        return shape.strict.decode(value), 0
    except (ValueError, RecursionError):  # msgspec's errors and Unicode's are ValueErrors
        found, unknown = _decode_patiently(value, shape)
        shape.check(found)
        return found, unknown


def _forgetting(record: SourceRecord, forgets: Callable[[str, int], Any]) -> Any:
    """What a record without a value says of the user that its key names, at its Kafka time."""
    if record.key is None:
        raise Fault(DeadReason.NULL_KEY, "the record has no key: it must be the user_id")
    try:
        user_id = record.key.decode()
    except UnicodeDecodeError as error:
        raise Fault(DeadReason.BAD_UTF8, "the key is not UTF-8") from error
    check_id("user_id", user_id)
    return forgets(user_id, record.timestamp_ms)


def _decode_patiently(value: bytes, shape: Shape) -> tuple[Any, int]:
    check_text(value)
    try:
        found = _ANY.decode(value)
        return shape.lenient.decode(value), shape.unknown_in(found)
    except (ValueError, RecursionError):
        found = parse_object(value)
    check_version(found)
    try:  # once more without repeated names: the last one wins, whatever came before
        last_wins = msgspec.json.encode(found)
        return shape.lenient.decode(last_wins), shape.unknown_in(found)
    except msgspec.DecodeError as error:
        raise fault_of(error) from error


def check_version(found: dict[str, Any]) -> None:
    """Refuse a record of another schema, whatever else it holds."""
    version = found.get("schema_version", 1)
    if type(version) is not int or version != 1:
        raise Fault(DeadReason.UNKNOWN_VERSION, "schema_version must be 1")
