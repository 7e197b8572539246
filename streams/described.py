"""What the catalogue says of its items in words, for finding what is described alike."""

from __future__ import annotations

import re

from models.items.content import Described
from schemas.catalog import CatalogItem
from schemas.events import Timestamp
from streams.accept.times import parse_ts
from streams.knowledge.catalogue import Catalogue

_WORD = re.compile(r"\w+")


def described(catalogue: Catalogue) -> list[Described]:
    """Return the items on offer with the words of title, category and brand.

    Only the title is cut into words; the rest are names, kept whole and apart from its words.
    """
    return [
        Described(number, _ms(item.created_ts or item.ts), " ".join(_words(item)), item.embedding)
        for number, item in catalogue.on_offer()
    ]


def _words(item: CatalogItem) -> list[str]:
    names = {"category": item.category_id, "brand": item.brand}
    told = [f"{kind}={'_'.join(name.split())}" for kind, name in names.items() if name]
    return [*_WORD.findall((item.title or "").lower()), *told]


def _ms(ts: Timestamp) -> int:
    return ts if isinstance(ts, int) else parse_ts(ts, _FOREVER_MS)


_FOREVER_MS = 2**62
