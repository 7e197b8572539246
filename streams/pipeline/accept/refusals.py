"""Records that are not read: they made the path raise, or their user's row is set aside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from schemas.ids import event_hash
from schemas.tables import SourceRecord
from schemas.vocabulary import ContextField, DeadReason, PushStatus
from streams.pipeline.accept.columns import DENIED, Columns
from streams.pipeline.accept.jsontext import check_text, parse_object
from streams.pipeline.accept.vault import Vault
from streams.shared.faults import Fault


@dataclass(slots=True, frozen=True)
class Refusals:
    """``records``: (topic, offset) -> what they raised; ``users``: pseudonyms."""

    records: Mapping[tuple[str, int], str]
    users: Collection[bytes]

    def check(self, record: SourceRecord, vault: Vault) -> None:
        """Let a record pass.

        Raises:
            Fault: it is refused.
        """
        self.check_place(record)
        if self.users and user_of(record, vault) in self.users:
            raise Fault(DeadReason.USER_SET_ASIDE, "this user's row could not be read")

    def check_place(self, record: SourceRecord) -> None:
        """Let a record pass, whoever its key names.

        Raises:
            Fault: it is refused.
        """
        told = self.records.get((record.topic, record.offset))
        if told is not None:
            raise Fault(DeadReason.INTERNAL_ERROR, told)


NO_REFUSALS = Refusals({}, frozenset())


def user_of(record: SourceRecord, vault: Vault) -> bytes | None:
    """Return the pseudonym of the user whom a record's key names, None without a key."""
    if record.key is None:
        return None
    return vault.pseudonym(record.key.decode(errors="replace"))


def add_refused(columns: Columns, pos: int, record: SourceRecord) -> None:
    """Add the one thing that counts of a record that made the path raise: a "no"."""
    value = record.value or b""
    try:
        check_text(value)
        found = parse_object(value)
    except (Fault, RecursionError):
        return
    user_id = found.get("user_id")
    if not isinstance(user_id, str) or record.key != user_id.encode():
        return
    if says_no(found):
        event = event_hash(record.topic, f"refused\x00{record.offset}")
        user = columns.users[user_id]
        columns.add_context(
            pos, user, record.timestamp_ms, event, ContextField.CONSENT_PUSH, DENIED
        )


def says_no(found: dict[str, object]) -> bool:
    """Whether a context record or a receipt takes consent back."""
    consent = found.get("consent")
    if isinstance(consent, dict) and consent.get("push") is False:
        return True
    return found.get("status") == PushStatus.OPTED_OUT.name.lower()
