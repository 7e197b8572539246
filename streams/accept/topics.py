"""What each topic's record becomes: checks first, then rows, so a fault leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import Click, Purchase
from schemas.ids import event_hash
from schemas.receipts import PushReceipt
from schemas.tables import SourceRecord
from schemas.vocabulary import ContextField, DeadReason, PushStatus
from streams.accept import validate as check
from streams.accept.columns import DENIED, NO_PRICE, Columns
from streams.accept.faults import Fault
from streams.accept.situation import add_context
from streams.accept.times import parse_ts


def add_click(columns: Columns, pos: int, record: SourceRecord, click: Click) -> None:
    """A behaviour event: one fact; its device is news about the situation."""
    check.check_version(click.schema_version)
    check.check_identity(record.key, click.user_id, click.event_id)
    kind = check.event_type(columns.event_types, click.event)
    ts_ms = parse_ts(click.ts, record.timestamp_ms)
    _check_click(click)
    user, event = columns.user(click.user_id), event_hash("clicks", click.event_id)
    columns.add_event(pos, user, ts_ms, event)
    columns.add_fact(
        pos, user, ts_ms, event, kind,
        item=click.item_id, category=click.category_id,
        price_minor=NO_PRICE if click.price_minor is None else click.price_minor,
        quantity=1 if click.quantity is None else click.quantity,
    )  # fmt: skip
    if click.device:
        columns.add_context(pos, user, ts_ms, event, ContextField.DEVICE, click.device.lower())


def _check_click(click: Click) -> None:
    for field, text in (("item_id", click.item_id), ("category_id", click.category_id)):
        if text is not None:
            check.check_id(field, text)
    if click.session_id is not None:
        check.check_id("session_id", click.session_id)
    if click.quantity is not None:
        check.check_quantity("quantity", click.quantity)
    if click.price_minor is not None:
        check.check_price("price_minor", click.price_minor)
    if click.currency is not None:
        check.check_currency(click.currency)
    if click.device:
        check.check_id("device", click.device)


def add_purchase(columns: Columns, pos: int, record: SourceRecord, order: Purchase) -> None:
    """An order: one event, a fact a line."""
    check.check_version(order.schema_version)
    check.check_identity(record.key, order.user_id, order.event_id)
    check.check_id("order_id", order.order_id)
    kind = check.purchase_type(order.status)
    ts_ms = parse_ts(order.ts, record.timestamp_ms)
    check.check_currency(order.currency)
    _check_lines(order)
    user, event = columns.user(order.user_id), event_hash("purchases", order.event_id)
    columns.add_event(pos, user, ts_ms, event)
    for number, line in enumerate(order.lines):
        columns.add_fact(
            pos, user, ts_ms, event, kind,
            item=line.item_id, category=line.category_id,
            price_minor=line.unit_price_minor, quantity=line.quantity, line=number,
        )  # fmt: skip


def _check_lines(order: Purchase) -> None:
    if not order.lines:
        raise Fault(DeadReason.NO_LINES, "lines is empty")
    for number, line in enumerate(order.lines):
        at = f"lines[{number}]"
        check.check_id(f"{at}.item_id", line.item_id)
        if line.category_id is not None:
            check.check_id(f"{at}.category_id", line.category_id)
        check.check_quantity(f"{at}.quantity", line.quantity)
        check.check_price(f"{at}.unit_price_minor", line.unit_price_minor)


def add_receipt(columns: Columns, pos: int, record: SourceRecord, receipt: PushReceipt) -> None:
    """What became of a push; opting out also withdraws consent."""
    check.check_version(receipt.schema_version)
    check.check_identity(record.key, receipt.user_id, receipt.recommendation_id)
    number = check.recommendation_number(receipt.recommendation_id)
    status = check.receipt_status(receipt.status, receipt.rating)
    ts_ms = parse_ts(receipt.ts, record.timestamp_ms)
    user = columns.user(receipt.user_id)
    columns.add_receipt(pos, user, ts_ms, number, status)
    if status == PushStatus.OPTED_OUT:
        event = event_hash("push-receipts", f"{receipt.recommendation_id}\x00{receipt.status}")
        columns.add_context(pos, user, ts_ms, event, ContextField.CONSENT_PUSH, DENIED)


ADD: dict[str, Callable[[Columns, int, SourceRecord, Any], None]] = {
    "clicks": add_click,
    "purchases": add_purchase,
    "context": add_context,
    "push-receipts": add_receipt,
}
"""The user topics, and what turns their records into rows."""
