"""One catalogue record: read, checked, and turned into numbers."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from models.features.places import Shop
from models.features.whereabouts import language
from schemas.catalog import CatalogItem, Store
from schemas.ids import hash64
from schemas.money import currency_number
from schemas.tables import ITEM_ATTRIBUTES
from schemas.vocabulary import DeadReason
from streams.shared.faults import Fault
from streams.shared.times import LAST_MS, parse_ts
from streams.shared.wording import fault_of

MAX_VALUE_BYTES = 1 << 20
"""Largest record: an embedding of 4,096 numbers and a thousand shops fit."""
MAX_ID_BYTES = 256
MOST_HOURS = 100
"""Different opening hours of an item's shops: each is read while a decision waits."""
MAX_EMBEDDING = 4_096
"""Numbers: who compares items holds those of all of them at once."""
_MAX_NUMBER = 2**53
"""Beyond this a float64 no longer holds every integer."""

CONDITIONS = {"parts": 0.0, "fair": 1.0, "good": 2.0, "like_new": 3.0, "new": 4.0}
_SIDE = r"([0-9]{0,6}\.?[0-9]{1,6})"
_SIDES = re.compile(f"{_SIDE}x{_SIDE}x{_SIDE}(?:cm)?")
_NAMES = {"item_id": 1, "category_id": 1, "currency": 0, "condition": 0, "language": 0}
"""Short texts that outputs and memory repeat, and the fewest bytes of each."""
_DECODER = msgspec.json.Decoder(CatalogItem)
_NAN = float("nan")
_CURRENCY = (ITEM_ATTRIBUTES.names or ()).index("currency")


class CatalogueError(ValueError):
    """A catalogue record cannot be used as it is; the message says why, and ``fault`` which field it is."""

    def __init__(self, reason: DeadReason, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.fault = Fault(reason, sentence, field)


class Version(NamedTuple):
    """One version of an item: ``attributes`` in the order of `ITEM_ATTRIBUTES`, sets not numbered."""

    number: int
    ts_ms: int
    arrived_ms: int
    category: str | None
    attributes: tuple[Any, ...]
    group: tuple[str | None, str | None, str | None]
    shops: list[Shop] | None
    warehouses: list[str] | None
    regions: list[str] | None

    @property
    def currency(self) -> int:
        """Of the price, as `schemas.money` numbers it."""
        return int(self.attributes[_CURRENCY])

    @property
    def on_offer(self) -> bool:
        """Whether there is something to sell: an unknown stock counts as enough."""
        return not self.attributes[2] <= 0


def read_version(name: str, value: bytes, zero_is_price: bool) -> Version:
    """Read the record of the item called ``name`` (the key); ``zero_is_price``: else 0 says nothing.

    Raises:
        CatalogueError: the record is not a catalogue record of that item.
    """
    item = _decode(value)
    _check(name, item)
    ts_ms = _time("ts", item.ts)
    created_ms = None if item.created_ts is None else _time("created_ts", item.created_ts)
    attributes = (
        0 if item.category_id is None else hash64(item.category_id),
        _number(told_price(item, zero_is_price)),
        _number(_stock(item)),
        _number(item.weight_g),
        _number(created_ms),
        _number(item.seller_rating),
        True,
        language(item.language or ""),
        _number(None if item.offer is None else _time("offer.until", item.offer.until)),
        _NAN,
        CONDITIONS.get((item.condition or "").lower(), _NAN),
        _litres(item.size),
        currency_number(item.currency),
    )
    arrived_ms = ts_ms if created_ms is None else created_ms
    shops = None if item.stores is None else _shops(item.stores)
    units = item.stock_by_warehouse
    held = None if units is None else [name for name, n in units.items() if n > 0]
    return Version(
        hash64(name), ts_ms, arrived_ms, item.category_id, attributes,
        (item.category_id, item.condition, (item.currency or "").upper()), shops, held, item.regions,
    )  # fmt: skip


def _shops(stores: list[Store]) -> list[Shop]:
    """The shops of an item; beyond `MOST_HOURS` different texts their hours are not known."""
    told = {text: None for text in dict.fromkeys(s.hours for s in stores) if text}
    known = set(islice(told, MOST_HOURS))
    return [(s.lat, s.lon, s.hours if s.hours in known else None) for s in stores]


def told_price(item: CatalogItem, zero_is_price: bool) -> int | None:
    """Return the price that a record tells, minor units; None: it tells none."""
    return item.price_minor if item.price_minor or zero_is_price else None


def _decode(value: bytes) -> CatalogItem:
    if len(value) > MAX_VALUE_BYTES:
        raise CatalogueError(
            DeadReason.VALUE_TOO_LARGE,
            f"{len(value)} bytes are more than the {MAX_VALUE_BYTES} allowed",
        )
    try:
        return _DECODER.decode(value)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        sentence = f"not a catalogue record: {fault.sentence}"
        raise CatalogueError(fault.reason, sentence, fault.field) from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise CatalogueError(DeadReason.NOT_JSON, f"not a catalogue record: {error}") from error
    except RecursionError as error:
        raise CatalogueError(DeadReason.NESTED_TOO_DEEP, "nested too deep") from error


def _check(name: str, item: CatalogItem) -> None:
    if item.item_id != name:
        raise CatalogueError(DeadReason.KEY_MISMATCH, "the key is not the record's item_id")
    if item.schema_version != 1:
        raise CatalogueError(
            DeadReason.UNKNOWN_VERSION, f"schema_version {item.schema_version} is not known"
        )
    for field, least in _NAMES.items():
        text = getattr(item, field)
        if text is not None and not least <= len(text.encode()) <= MAX_ID_BYTES:
            sentence = f"{field} must have {least} to {MAX_ID_BYTES} bytes of UTF-8"
            raise CatalogueError(
                DeadReason.ID_TOO_LONG if text else DeadReason.EMPTY_ID, sentence, field
            )
    if len(item.embedding or ()) > MAX_EMBEDDING:
        sentence = f"embedding must have at most {MAX_EMBEDDING} numbers"
        raise CatalogueError(DeadReason.NUMBER_TOO_LARGE, sentence, "embedding")
    _check_numbers(item)


def _check_numbers(item: CatalogItem) -> None:
    for field in ("price_minor", "weight_g"):
        number = getattr(item, field)
        if number is not None and not 0 <= number <= _MAX_NUMBER:
            reason = DeadReason.BAD_PRICE if field == "price_minor" else DeadReason.NUMBER_TOO_LARGE
            raise CatalogueError(reason, f"{field} must be between 0 and 2^53", field)
    stock = "stock" if item.stock is not None else "stock_by_warehouse"
    for field, told in ((stock, _stock(item)), ("seller_rating", item.seller_rating)):
        if abs(told or 0) > _MAX_NUMBER:
            sentence = f"{field} must be between -2^53 and 2^53"
            raise CatalogueError(DeadReason.NUMBER_TOO_LARGE, sentence, field)
    for shop in item.stores or ():
        if not (-90 <= shop.lat <= 90 and -180 <= shop.lon <= 180):
            sentence = "stores must have lat -90 to 90 and lon -180 to 180"
            raise CatalogueError(DeadReason.BAD_LOCATION, sentence, "stores")


def _stock(item: CatalogItem) -> int | None:
    """Units on hand; below zero when a shop sold more than it had."""
    if item.stock is None and item.stock_by_warehouse is not None:
        return sum(item.stock_by_warehouse.values())
    return item.stock


def _number(value: float | None) -> float:
    return _NAN if value is None else float(value)


def _litres(size: str | None) -> float:
    """The volume of "30x20x10" centimetres; a size in other words says nothing of it."""
    found = _SIDES.fullmatch((size or "").replace(" ", "").lower())
    if not found:
        return _NAN
    a, b, c = (float(side) for side in found.groups())
    return a * b * c / 1000


def _time(field: str, value: int | str) -> int:
    """Read a time; a catalogue may look ahead (a sale's end), so the far end is the only limit."""
    try:
        return parse_ts(value, LAST_MS, field)
    except Fault as fault:
        raise CatalogueError(fault.reason, fault.sentence, field) from fault
