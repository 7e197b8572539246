"""What a user allows: a "no" is read in whatever record it comes, a "yes" only in a sound one.

A "no" is dated by its record's timestamp, never by its ``ts``: no clock of a phone can put it back. A
"yes", and an answer that is cleared, are dated by the earlier of the two.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from schemas.events import Answer, Consent
from schemas.ids import event_hash
from schemas.state import NEVER_MS
from schemas.tables import SourceRecord
from schemas.vocabulary import CONSENTS, ContextField, DeadReason, PushStatus
from streams.pipeline.accept.columns import DENIED, GRANTED, Columns
from streams.pipeline.accept.jsontext import readable
from streams.pipeline.accept.validate import check_id
from streams.shared.faults import Fault
from streams.shared.times import is_possible

NO_WORDS = frozenset(("false", "0", "no", "off", "denied", "revoked", "opted_out", "unsubscribed"))
TOPICS = ("context", "profiles", "push-receipts")
"""Where a user's answers are told."""
_NAMES = {
    "push": ContextField.CONSENT_PUSH,
    "personalisation": ContextField.CONSENT_PERSONALISATION,
}
_OPTED_OUT = PushStatus.OPTED_OUT.name.lower()

Told = list[tuple[ContextField, str | None, int]]
"""Field, what it says (None: cleared) and when that was (ms UTC)."""


def is_no(told: object) -> bool:
    """Whether this says no: false, 0, or one of the words for it in any case."""
    if isinstance(told, str):
        return told.strip().casefold() in NO_WORDS
    return isinstance(told, bool | int | float) and not told


def told_consent(
    consent: Consent | Answer | UnsetType, ts_ms: int, record: SourceRecord, ahead_ms: int
) -> Told:
    """Return the answers in a sound record; one word instead of the object answers all.

    Raises:
        Fault: neither yes nor no, or a yes more than ``ahead_ms`` ahead of its record.
    """
    if consent is UNSET:
        return []
    if not isinstance(consent, Consent):
        if consent is not None and not is_no(consent):
            raise Fault(DeadReason.WRONG_TYPE, "consent: expected `object`", "consent")
        consent = Consent(push=consent, personalisation=consent)
    told: Told = []
    for name, field in _NAMES.items():
        answer: Answer | UnsetType = getattr(consent, name)
        if answer is not UNSET:
            told.append(_answered(f"consent.{name}", field, answer, ts_ms, record, ahead_ms))
    return told


def _answered(
    path: str,
    field: ContextField,
    answer: object,
    ts_ms: int,
    record: SourceRecord,
    ahead_ms: int,
) -> tuple[ContextField, str | None, int]:
    if is_no(answer):
        return field, DENIED, record.timestamp_ms
    if answer is not None and answer is not True:
        raise Fault(DeadReason.WRONG_TYPE, f"{path} says neither yes nor no", path)
    if answer is True and ts_ms > record.timestamp_ms + ahead_ms:
        sentence = f"{path} is a yes from after its record"
        raise Fault(DeadReason.YES_IN_FUTURE, sentence, path)
    return field, None if answer is None else GRANTED, min(ts_ms, record.timestamp_ms)


def add_told(columns: Columns, pos: int, user: int, event: int, told: Told) -> None:
    """Add answers; ``event`` tells a redelivered one."""
    for field, answer, at_ms in told:
        columns.add_context(pos, user, at_ms, event, field, answer)


def add_no(columns: Columns, pos: int, record: SourceRecord, topic: str) -> None:
    """Add the one thing that counts of a record that is set aside: a "no" of the user its key names.

    ``topic``: without prefix. Where the record's timestamp is no time, the "no" is of the partition's.
    """
    if record.refused is DeadReason.UNREAD:
        return
    found = readable(record.value) if topic in TOPICS and record.value and record.key else {}
    fields, user_id = _said_no(topic, found), _as_text(found.get("user_id"))
    if not fields or not _is_key(user_id, record.key):
        return
    timed = is_possible(record.timestamp_ms) and record.refused != DeadReason.RECORD_TS_FUTURE
    at_ms = record.timestamp_ms if timed else NEVER_MS
    told: Told = [(field, DENIED, at_ms) for field in fields]
    add_told(columns, pos, columns.users[user_id], identity(topic, found, record), told)


def identity(topic: str, found: dict[str, Any], record: SourceRecord) -> int:
    """Return by what a redelivered answer is known: what its sender calls it, else its place."""
    names = {
        "context": ("event_id",),
        "profiles": ("ts",),
        "push-receipts": ("recommendation_id", "status", "ts"),
    }[topic]
    parts = [found.get(name) for name in names]
    if all(isinstance(part, str | int) and part for part in parts):
        text = "\x00".join(map(str, parts))
        return event_hash(topic, text.encode(errors="replace").decode())
    return event_hash(topic, f"refused\x00{record.offset}")


def _said_no(topic: str, found: dict[str, Any]) -> list[ContextField]:
    consent, status = found.get("consent"), found.get("status")
    if topic == "push-receipts" and isinstance(status, str) and is_no(status):
        return [ContextField.CONSENT_PUSH]
    if isinstance(consent, dict):
        return [field for name, field in _NAMES.items() if is_no(consent.get(name))]
    return list(CONSENTS) if is_no(consent) else []


def _as_text(user_id: object) -> str:
    """A number says the same without quotes; nothing else is an id."""
    is_number = isinstance(user_id, int) and not isinstance(user_id, bool)
    return str(user_id) if is_number or isinstance(user_id, str) else ""


def _is_key(user_id: str, key: bytes | None) -> bool:
    try:
        check_id("user_id", user_id)
        return user_id.encode() == key
    except (Fault, UnicodeEncodeError):
        return False
