"""What each topic's sound record becomes: checks first, then rows, so a fault leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import msgspec

from schemas.events import Click, Profile, Purchase, Social
from schemas.ids import event_hash
from schemas.money import currency_number
from schemas.receipts import PushReceipt
from schemas.tables import SourceRecord
from schemas.vocabulary import INTERESTS, SEGMENTS, ContextField, EventType, PushStatus
from streams.pipeline.accept import validate as check
from streams.pipeline.accept.answers import add_told, identity, told_consent
from streams.pipeline.accept.columns import DENIED, GRANTED, Columns
from streams.pipeline.accept.situation import add_context
from streams.shared.text import search_words
from streams.shared.times import parse_ts


def add_click(columns: Columns, pos: int, record: SourceRecord, click: Click) -> None:
    """A behaviour event: one fact; its device, and a search's words, are news about the situation."""
    check.check_key(record.key, click.user_id)
    kind = check.event_type(columns.event_types, click.event)
    ts_ms = parse_ts(click.ts, record.timestamp_ms)
    if click.currency is not None:
        check.check_currency(click.currency)
    user, event = columns.users[click.user_id], event_hash("clicks", click.event_id)
    columns.add_event(pos, user, ts_ms, event)
    columns.add_fact(
        pos, user, ts_ms, event, kind,
        click.item_id, click.category_id, click.price_minor, currency_number(click.currency),
        click.quantity,
    )  # fmt: skip
    if click.query and kind == EventType.SEARCH and (words := search_words(click.query)):
        columns.add_words(pos, user, ts_ms, event, words)
    if click.device:
        columns.add_context(pos, user, ts_ms, event, ContextField.DEVICE, click.device.lower())


def add_purchase(columns: Columns, pos: int, record: SourceRecord, order: Purchase) -> None:
    """An order: one event, a fact a line."""
    check.check_key(record.key, order.user_id)
    kind = check.purchase_type(order.status)
    ts_ms = parse_ts(order.ts, record.timestamp_ms)
    if order.currency is not None:
        check.check_currency(order.currency)
    currency = currency_number(order.currency)
    user, event = columns.users[order.user_id], event_hash("purchases", order.event_id)
    columns.add_event(pos, user, ts_ms, event)
    for number, line in enumerate(order.lines):
        columns.add_fact(
            pos, user, ts_ms, event, kind,
            line.item_id, line.category_id, line.unit_price_minor, currency, line.quantity, number,
        )  # fmt: skip


def add_profile(columns: Columns, pos: int, record: SourceRecord, profile: Profile) -> None:
    """What a user is said to like and to be: the first few of each; the newest profile holds whole."""
    check.check_key(record.key, profile.user_id)
    ts_ms = parse_ts(profile.ts, record.timestamp_ms)
    answers = told_consent(profile.consent, ts_ms, record, columns.yes_ahead_ms)
    user = columns.users[profile.user_id]
    add_told(columns, pos, user, identity("profiles", {"ts": profile.ts}, record), answers)
    event = event_hash("profiles", "\x00".join((*profile.interests, "", *profile.segments)))
    for fields, told in ((INTERESTS, profile.interests), (SEGMENTS, profile.segments)):
        for field, text in zip_longest(fields, told[: len(fields)]):
            columns.add_context(pos, user, ts_ms, event, field, text)


def add_social(columns: Columns, pos: int, record: SourceRecord, social: Social) -> None:
    """Whom a user follows, as pseudonyms, and whether the user's purchases may be told."""
    check.check_key(record.key, social.user_id)
    ts_ms = parse_ts(social.ts, record.timestamp_ms)
    user = columns.users[social.user_id]
    friends = [friend for friend in dict.fromkeys(social.friends) if friend != social.user_id]
    shares = GRANTED if social.shares_purchases else DENIED
    event = event_hash("social", "\x00".join((shares, *friends)))
    columns.add_friends(pos, user, ts_ms, event, friends)
    columns.add_context(pos, user, ts_ms, event, ContextField.SHARES_PURCHASES, shares)


def add_receipt(columns: Columns, pos: int, record: SourceRecord, receipt: PushReceipt) -> None:
    """What became of a push, and what its user answered; opting out is a no."""
    check.check_key(record.key, receipt.user_id)
    number = check.recommendation_number(receipt.recommendation_id)
    status = check.receipt_status(receipt.status, receipt.rating)
    ts_ms = parse_ts(receipt.ts, record.timestamp_ms)
    answers = told_consent(receipt.consent, ts_ms, record, columns.yes_ahead_ms)
    if status == PushStatus.OPTED_OUT:
        answers.append((ContextField.CONSENT_PUSH, DENIED, record.timestamp_ms))
    user = columns.users[receipt.user_id]
    columns.add_receipt(pos, user, ts_ms, number, status, receipt.revision)
    if answers:
        names = msgspec.structs.asdict(receipt)
        add_told(columns, pos, user, identity("push-receipts", names, record), answers)


Add = Callable[[Columns, int, SourceRecord, Any], None]
ADD: dict[str, Add] = {
    "clicks": add_click,
    "purchases": add_purchase,
    "context": add_context,
    "profiles": add_profile,
    "social": add_social,
    "push-receipts": add_receipt,
}
"""The user topics, and what turns their records into rows."""
