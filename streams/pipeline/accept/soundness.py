"""What a record's own fields must hold, whoever sent it; the strict shapes say the same in types."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.events import Click, Context, Profile, Purchase, PurchaseLine, Social
from schemas.receipts import PushReceipt
from schemas.vocabulary import DeadReason
from streams.pipeline.accept import validate as check
from streams.shared.faults import Fault
from streams.shared.wording import fault_of


def check_click(click: Click) -> None:
    """A behaviour event."""
    _check_ids(click)
    for field in ("item_id", "category_id", "session_id"):
        _check_optional_id(field, getattr(click, field))
    if click.quantity is not None:
        check.check_quantity("quantity", click.quantity)
    if click.price_minor is not None:
        check.check_price("price_minor", click.price_minor)
    if click.device:
        check.check_id("device", click.device)


def check_purchase(order: Purchase) -> None:
    """An order has lines."""
    _check_ids(order)
    check.check_id("order_id", order.order_id)
    if not order.lines:
        raise Fault(DeadReason.NO_LINES, "lines is empty", "lines")
    check.check_lines(len(order.lines))
    for number, line in enumerate(order.lines):
        _check_line(f"lines[{number}]", line)


def _check_line(at: str, line: PurchaseLine) -> None:
    check.check_id(f"{at}.item_id", line.item_id)
    _check_optional_id(f"{at}.category_id", line.category_id)
    if line.quantity is not None:
        check.check_quantity(f"{at}.quantity", line.quantity)
    if line.unit_price_minor is not None:
        check.check_price(f"{at}.unit_price_minor", line.unit_price_minor)


def sound_line(at: str, line: Any, faults: list[Fault]) -> Any:
    """Return a line without the fields that are not sound, whose faults are added.

    Raises:
        Fault: nothing was bought by it: no item, no pieces, or a price below zero as of a voucher.
    """
    line = dict(line) if isinstance(line, dict) else line
    while True:
        try:
            _check_line(at, msgspec.convert(line, PurchaseLine))
        except msgspec.ValidationError as error:
            fault = fault_of(error)
            fault = Fault(fault.reason, f"{at}.{fault.sentence}", f"{at}.{fault.field}".rstrip("."))
        except Fault as found:
            fault = found
        else:
            return line
        name = fault.field.removeprefix(f"{at}.")
        if fault.reason in _NO_LINE or name not in _LESS_THAN_A_LINE or name not in line:
            raise fault
        faults.append(fault)
        del line[name]


_LESS_THAN_A_LINE = frozenset(("quantity", "unit_price_minor", "category_id"))
_NO_LINE = frozenset((DeadReason.BAD_PRICE, DeadReason.BAD_QUANTITY))


def sound_id(at: str, text: Any, faults: list[Fault]) -> Any:
    """Return an id of a list.

    Raises:
        Fault: it is none.
    """
    if not isinstance(text, str):
        raise Fault(DeadReason.WRONG_TYPE, f"{at}: expected `str`", at)
    check.check_id(at, text)
    return text


def check_context(context: Context) -> None:
    """Who and which event; what the fields tell is checked where it is read."""
    _check_ids(context)


def check_profile(profile: Profile) -> None:
    """Whose profile; what it names are ids."""
    check.check_version(profile.schema_version)
    check.check_id("user_id", profile.user_id)
    for field in ("segments", "interests"):
        for number, text in enumerate(getattr(profile, field)):
            check.check_id(f"{field}[{number}]", text)


def check_social(social: Social) -> None:
    """Whose friends; they are ids of users."""
    check.check_version(social.schema_version)
    check.check_id("user_id", social.user_id)
    for number, friend in enumerate(social.friends):
        check.check_id(f"friends[{number}]", friend)


def check_receipt(receipt: PushReceipt) -> None:
    """Whose receipt for what."""
    check.check_version(receipt.schema_version)
    check.check_id("user_id", receipt.user_id)
    check.check_id("recommendation_id", receipt.recommendation_id)
    _check_optional_id("device_id", receipt.device_id)
    if receipt.revision is not None:
        check.check_revision(receipt.revision)


def _check_ids(event: Click | Purchase | Context) -> None:
    check.check_version(event.schema_version)
    check.check_id("user_id", event.user_id)
    check.check_id("event_id", event.event_id)


def _check_optional_id(field: str, text: str | None) -> None:
    if text is not None:
        check.check_id(field, text)
