"""The catalogue: one record an item, compacted by ``item_id``, ordered by ``ts``."""

from __future__ import annotations

import msgspec

from schemas.events import Timestamp


class Offer(msgspec.Struct, kw_only=True):
    """A promotion that is valid until ``until``."""

    kind: str
    until: Timestamp
    code: str | None = None


class Store(msgspec.Struct, kw_only=True):
    """A shop that sells the item: degrees, and opening hours as ``"Mo-Sa 09:00-18:00"``."""

    lat: float
    lon: float
    hours: str | None = None


class CatalogItem(msgspec.Struct, kw_only=True):
    """What can be pushed. An absent attribute is missing, not zero.

    ``language``: BCP 47; ``stock_by_warehouse``: keys begin with the country, "DE" or "DE-BER-1";
    ``condition``: new, like_new, good, fair, parts; ``size``: "30x20x10", in centimetres.
    """

    item_id: str
    ts: Timestamp
    category_id: str | None = None
    title: str | None = None
    language: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    stock: int | None = None
    stock_by_warehouse: dict[str, int] | None = None
    created_ts: Timestamp | None = None
    brand: str | None = None
    seller_id: str | None = None
    seller_rating: float | None = None
    condition: str | None = None
    weight_g: float | None = None
    size: str | None = None
    regions: list[str] | None = None
    stores: list[Store] | None = None
    offer: Offer | None = None
    embedding: list[float] | None = None
    deep_link: str | None = None
    image_url: str | None = None
    schema_version: int = 1
