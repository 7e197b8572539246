"""What a field may hold. Every check raises a `Fault` that names the field, never its value."""

from __future__ import annotations

import uuid
from math import isfinite

from schemas.state import NO_REVISION
from schemas.tables import SourceRecord
from schemas.vocabulary import CLICK_EVENTS, PURCHASE_STATUSES, DeadReason, EventType, PushStatus
from schemas.zones import zones
from streams.pipeline.accept.currencies import CURRENCIES
from streams.shared.faults import Fault
from streams.shared.times import is_possible

MAX_ID_BYTES = 256
ALWAYS_SHORT = MAX_ID_BYTES // 4
"""Characters of an id that needs no counting of bytes: UTF-8 takes at most 4 for one."""

MAX_PRICE, MAX_QUANTITY, MAX_LINES = 2**63 - 1, 2**16 - 1, 2**16
"""What the columns of rows hold: beyond, a number is refused, never cut."""
MAX_REVISION = NO_REVISION - 1

RECEIPT_STATUSES: dict[str, PushStatus] = {
    status.name.lower(): status
    for status in PushStatus
    if status not in (PushStatus.PUBLISHED, PushStatus.CANCELLED)
}
"""What a push service may report; the other two are our own."""


REFUSED = {
    DeadReason.RECORD_TS_FUTURE: "the record's timestamp is far ahead of the broker's time",
    DeadReason.INTERNAL_ERROR: "the record made the worker raise or end that took it in",
    DeadReason.UNREAD: "the worker ended again when it only looked for a no in the record",
    DeadReason.USER_SET_ASIDE: "this user's row could not be read",
}


def check_record(record: SourceRecord) -> None:
    """A record that nobody refused when it was taken in, of a time that is possible."""
    if record.refused is not None:
        raise Fault(record.refused, REFUSED[record.refused])
    if not is_possible(record.timestamp_ms):
        raise Fault(
            DeadReason.RECORD_TS_IMPOSSIBLE,
            "the record's timestamp, in milliseconds, is not from 2000 up to 2100",
        )


def check_id(field: str, text: str) -> None:
    """An id, or a short text that is kept like one: 1 to 256 bytes of UTF-8."""
    if 0 < len(text) <= ALWAYS_SHORT:
        return
    if not text:
        raise Fault(DeadReason.EMPTY_ID, f"{field} is empty", field)
    if len(text.encode()) > MAX_ID_BYTES:
        sentence = f"{field} is longer than {MAX_ID_BYTES} bytes"
        raise Fault(DeadReason.ID_TOO_LONG, sentence, field)


def check_version(version: int) -> None:
    """The only schema version there is."""
    if version != 1:
        raise Fault(DeadReason.UNKNOWN_VERSION, "schema_version must be 1")


def check_key(key: bytes | None, user_id: str) -> None:
    """The record's key must be the user."""
    if key != user_id.encode():
        raise Fault(DeadReason.KEY_MISMATCH, "the record's key is not its user_id")


def event_types(event_names: dict[str, str]) -> dict[str, EventType]:
    """The click events that a shop may send: ours, and its own names as settings map them."""
    return CLICK_EVENTS | {theirs: CLICK_EVENTS[ours] for theirs, ours in event_names.items()}


def event_type(names: dict[str, EventType], event: str) -> EventType:
    """The type of a click."""
    found = names.get(event)
    if found is None:
        raise Fault(DeadReason.UNKNOWN_EVENT, "event is no name of ours, nor one in event_names")
    return found


def purchase_type(status: str) -> EventType:
    """The type of an order's record."""
    found = PURCHASE_STATUSES.get(status)
    if found is None:
        raise Fault(DeadReason.UNKNOWN_STATUS, f"status must be one of {_list(PURCHASE_STATUSES)}")
    return found


def receipt_status(status: str, rating: int | None) -> PushStatus:
    """The status of a receipt; a rating comes with 1 to 5 stars."""
    found = RECEIPT_STATUSES.get(status)
    if found is None:
        raise Fault(DeadReason.UNKNOWN_STATUS, f"status must be one of {_list(RECEIPT_STATUSES)}")
    if rating is not None and not 1 <= rating <= 5:
        raise Fault(DeadReason.BAD_RATING, "rating must be 1 to 5", "rating")
    if rating is None and found == PushStatus.RATING:
        raise Fault(DeadReason.BAD_RATING, "rating is missing from a receipt of status rating")
    return found


def recommendation_number(recommendation_id: str) -> int:
    """The 128 bits of a recommendation's id, a UUID in its usual form."""
    check_id("recommendation_id", recommendation_id)
    try:
        found = uuid.UUID(recommendation_id)
    except ValueError:
        found = None
    if found is None or str(found) != recommendation_id.lower():
        raise Fault(DeadReason.WRONG_TYPE, "recommendation_id must be a UUID")
    return found.int


def check_quantity(field: str, quantity: float) -> None:
    """Pieces, at least one; or a weight or length, above 0."""
    if not (quantity >= 1 or (quantity > 0 and isinstance(quantity, float))):
        raise Fault(DeadReason.BAD_QUANTITY, f"{field} must be at least 1", field)
    if not quantity <= MAX_QUANTITY:
        raise Fault(DeadReason.NUMBER_TOO_LARGE, f"{field} must be at most {MAX_QUANTITY}", field)


def check_lines(lines: int) -> None:
    """Lines of an order, which are numbered."""
    if lines > MAX_LINES:
        raise Fault(DeadReason.NUMBER_TOO_LARGE, f"lines must be at most {MAX_LINES}", "lines")


def check_price(field: str, price_minor: int) -> None:
    """Minor units: not below 0."""
    if price_minor < 0:
        raise Fault(DeadReason.BAD_PRICE, f"{field} must not be negative", field)
    if price_minor > MAX_PRICE:
        raise Fault(DeadReason.NUMBER_TOO_LARGE, f"{field} must be at most {MAX_PRICE}", field)


def check_currency(currency: str) -> None:
    """An ISO 4217 code, in any case."""
    if currency.upper() not in CURRENCIES:
        sentence = "currency must be a code of ISO 4217"
        raise Fault(DeadReason.UNKNOWN_CURRENCY, sentence, "currency")


def check_revision(revision: int) -> None:
    """How often a push was moved."""
    if not 0 <= revision <= MAX_REVISION:
        sentence = f"revision must be 0 to {MAX_REVISION}"
        raise Fault(DeadReason.NUMBER_TOO_LARGE, sentence, "revision")


def check_minutes(minutes: float) -> None:
    """Minutes in the app."""
    if not 0 <= minutes <= MAX_QUANTITY:
        sentence = f"app_minutes must be 0 to {MAX_QUANTITY}"
        raise Fault(DeadReason.BAD_QUANTITY, sentence, "app_minutes")


def check_point(lat: float, lon: float) -> None:
    """Degrees."""
    if not (isfinite(lat) and isfinite(lon) and -90 <= lat <= 90 and -180 <= lon <= 180):
        sentence = "lat must be -90 to 90, lon -180 to 180 degrees"
        raise Fault(DeadReason.BAD_LOCATION, sentence, "lat, lon")


def check_zone(zone: str) -> None:
    """A zone of the IANA database."""
    if zone not in zones():
        sentence = "timezone must be a zone of the IANA database"
        raise Fault(DeadReason.UNKNOWN_ZONE, sentence, "timezone")


def _list(names: dict[str, EventType] | dict[str, PushStatus]) -> str:
    return ", ".join(names)
