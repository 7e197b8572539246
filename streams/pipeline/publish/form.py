"""How a push presents itself: everything that follows from its trigger, item and user alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from schemas.catalog import CatalogItem, Offer
from schemas.ids import hash64
from schemas.recommendation import PushItem
from schemas.vocabulary import NEWS, TriggerKind
from streams.pipeline.publish.identity import KIND_NAMES
from streams.pipeline.publish.tables import Resources
from streams.pipeline.publish.words import Words, template_id
from streams.settings import Settings
from streams.settings.settings import ITEM_ID
from streams.shared.faults import Fault
from streams.shared.times import LAST_MS, parse_ts

LONGEST_URL = 1024
"""Bytes; a longer link or image leaves no room for the rest of a push."""

PASSIVE = frozenset({TriggerKind.FOLLOW_UP, TriggerKind.CONTEXT_CHANGE, *NEWS})
"""These start with us, not with something the user just did: they light up no screen."""


def presented(
    asked: tuple[int, Words],
    about: tuple[int, int],
    user: str,
    settings: Settings,
    known: CatalogItem | None,
    resources: Resources,
) -> dict[str, Any]:
    """Return the fields of a recommendation that say what it is about and how it is worded.

    They follow from what the journal keeps and from the item's record as it is ``known``, so that a cancel
    replaces the very push it takes back. ``asked``: the trigger and how it may be worded; ``about``: hashes of
    item and category; ``user``: the pseudonym in hex.
    """
    (kind, words), (item, category) = asked, about
    pushed, template = push_item(item, known, resources), template_id(kind, words)
    return {
        "collapse_key": collapse_key(settings.tenant, user, item),
        "thread_id": thread_id(template, category),
        "category": pushed.category_id or resources.texts(category) or "",
        "template_id": template,
        "title_loc_key": template + ".title",
        "title_loc_args": [pushed.title or pushed.item_id],
        "deep_link": deep_link(pushed.item_id, known, settings),
        "items": [pushed],
        "trigger": KIND_NAMES[kind],
    }


def rfc3339(times_ms: NDArray[np.int64]) -> list[str]:
    """Return times in ms UTC as RFC 3339 text with milliseconds."""
    moments = times_ms.astype("datetime64[ms]")
    return [text + "Z" for text in np.datetime_as_string(moments, unit="ms").tolist()]


def collapse_key(tenant: str, user: str, item: int) -> str:
    """Return the key under which a later push, or its cancel, replaces this one."""
    return f"{hash64('|'.join((tenant, user, f'{item:016x}'))):016x}"


def thread_id(template: str, category: int) -> str:
    """Return the group in which a device stacks pushes: their template and the item's category."""
    return f"{template}.{category:016x}" if category else template


def is_urgent(kind: int, words: Words, shifted: bool) -> bool:
    """Return whether a push deserves to wake the device: about a cart just left, to be sent now.

    Push services lower the rank of senders who call everything urgent.
    """
    return kind == TriggerKind.CART_LEFT and words == Words.ASKED and not shifted


def item_name(item: int, resources: Resources) -> str:
    """Return an item's id; its hash in hex should the dictionary not have it."""
    return resources.texts(item) or f"{item:016x}"


def push_item(item: int, known: CatalogItem | None, resources: Resources) -> PushItem:
    """Return an item as the catalogue knows it."""
    if known is None:
        return PushItem(item_id=item_name(item, resources))
    return PushItem(
        item_id=known.item_id,
        title=known.title,
        category_id=known.category_id,
        price_minor=known.price_minor,
        currency=known.currency,
    )


def deep_link(item_id: str, known: CatalogItem | None, settings: Settings) -> str:
    """Return where a tap leads: the catalogue's link, else one made from the item's id."""
    link = known.deep_link if known is not None else None
    if link and len(link.encode()) <= LONGEST_URL:
        return link
    return settings.deep_link.replace(ITEM_ID, quote(item_id, safe=""))


def image_url(known: CatalogItem | None) -> str | None:
    """Return the item's picture, if there is one of a sane length."""
    url = known.image_url if known is not None else None
    return url if url and len(url.encode()) <= LONGEST_URL else None


def standing_offer(known: CatalogItem | None, at_ms: int) -> dict[str, Any] | None:
    """Return the item's offer unless it will be over when the push may be sent."""
    offer = known.offer if known is not None else None
    until_ms = None if offer is None else _until_ms(offer)
    if offer is None or until_ms is None or until_ms <= at_ms:
        return None
    until = datetime.fromtimestamp(until_ms // 1000, UTC).isoformat(timespec="seconds")[:19]
    return {"kind": offer.kind, "until": f"{until}.{until_ms % 1000:03}Z", "code": offer.code}


def _until_ms(offer: Offer) -> int | None:
    try:
        return parse_ts(offer.until, LAST_MS, "offer.until")
    except Fault:
        return None
