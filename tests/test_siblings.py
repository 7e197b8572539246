"""Situations of a shop's first days, each of the kind of a fault that was cured, with what is right.

Each log is told in `tests/siblings`, in the words of whoever sends it; here it is replayed and compared.
"""

from __future__ import annotations

import pytest
from siblings.catalogue import SOLD_HERE, SOLD_OUT, TIME, UNKNOWN, WORDS_FIT
from siblings.consent import CONSENT
from siblings.day import play
from siblings.orders import ORDERS, PRICES
from siblings.people import IMPERSONAL, TIMERS
from siblings.receipts import RECEIPTS, SHADOW, WATCH
from siblings.words import WORDS

KINDS = {
    "an opt-out counts": CONSENT,
    "personalisation": IMPERSONAL,
    "hard rules and orders": ORDERS,
    "timers": TIMERS,
    "prices": PRICES,
    "receipts": RECEIPTS,
    "what is out": WATCH,
    "shadow": SHADOW,
    "the catalogue counts": SOLD_OUT,
    "the catalogue's time": TIME,
    "sold here": SOLD_HERE,
    "unknown items": UNKNOWN,
    "words fit the item": WORDS_FIT,
    "words of every script": WORDS,
}
SIBLINGS = [
    pytest.param(sibling, id=f"{kind}: {sibling.name}")
    for kind, siblings in KINDS.items()
    for sibling in siblings
]


@pytest.mark.parametrize("sibling", SIBLINGS)
def test_what_a_user_is_sent_is_right(sibling):
    seen = play(sibling.tell, **sibling.settings)
    counts = sibling.right.get("counts", {})
    told = vars(seen) | {"counts": {name: seen.counts.get(name, 0) for name in counts}}
    assert {name: told[name] for name in sibling.right} == sibling.right
