"""Which words are true of the item that was chosen: those of what asked, or only a suggestion."""

from __future__ import annotations

from enum import IntEnum

from schemas.vocabulary import CANDIDATE_SOURCES, NEWS, TriggerKind
from streams.pipeline.publish.identity import KIND_NAMES


class Words(IntEnum):
    """How a push is worded; the numbers are in the rows of users."""

    ASKED = 0
    """After what asked for it."""
    SUGGESTION = 1
    """What asked is about something else: nothing is said but the item's name."""


def _bit(source: str) -> int:
    return 1 << CANDIDATE_SOURCES.index(source)


TRUE_OF = {
    TriggerKind.CART_LEFT: _bit("cart_left"),
    TriggerKind.FAVOURITE: _bit("favourites"),
    TriggerKind.SEARCH_LEFT: _bit("searched"),
    TriggerKind.FOLLOW_UP: _bit("complement"),
}
"""Sources whose items a trigger's words are true of, beside the item that asked: another one that is
still in the cart, another favourite, what the search finds, what goes with a purchase."""
ABOUT_AN_ITEM = frozenset({*TRUE_OF, TriggerKind.REPEAT_ITEM, *NEWS})
"""Triggers whose words say something of an item."""


def words_for(kind: int, asked: tuple[int, int], chosen: tuple[int, int], sources: int) -> Words:
    """Return how a push may be worded.

    ``kind``: `TriggerKind`; ``asked`` and ``chosen``: item and category (hashes) that asked and that
    were chosen; ``sources``: bit mask of the sources that proposed the chosen item.
    """
    if kind in ABOUT_AN_ITEM:
        fits = asked[0] == chosen[0] or bool(sources & TRUE_OF.get(TriggerKind(kind), 0))
    elif kind == TriggerKind.REPEAT_CATEGORY:
        fits = asked[1] == chosen[1]
    else:
        fits = True  # a change of place or device says nothing of any item
    return Words.ASKED if fits else Words.SUGGESTION


def template_id(kind: int, words: Words) -> str:
    """Return the template that words a push."""
    return f"kairos.{'suggestion' if words == Words.SUGGESTION else KIND_NAMES[kind]}"
