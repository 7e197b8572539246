"""What the catalogue says of its items in words, for finding what is described alike."""

from __future__ import annotations

from models.items.content import Described
from schemas.catalog import CatalogItem
from schemas.events import Timestamp
from streams.knowledge.catalogue import Catalogue
from streams.shared.text import search_words, words_of
from streams.shared.times import parse_ts


def described(catalogue: Catalogue) -> list[Described]:
    """Return the items on offer as they are described."""
    return [describe(number, item) for number, item in catalogue.on_offer()]


def describe(number: int, item: CatalogItem) -> Described:
    """Return an item with the words of title, category and brand.

    Only the title is cut into words; the rest are names, kept whole and apart from its words.
    """
    names = {"category": item.category_id, "brand": item.brand}
    told = [f"{kind}={'_'.join(name.split())}" for kind, name in names.items() if name]
    words = " ".join([*words_of(item.title or ""), *told])
    return Described(number, _ms(item.created_ts or item.ts), words, item.embedding)


def search_terms(item: CatalogItem) -> set[str]:
    """Return every word by which a search may find the item."""
    told = (item.title, item.category_id, item.brand)
    return {word for text in told if text for word in search_words(text)}


def _ms(ts: Timestamp) -> int:
    return ts if isinstance(ts, int) else parse_ts(ts, _FOREVER_MS)


_FOREVER_MS = 2**62
