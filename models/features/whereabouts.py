"""Where each user is and what they read, as far as they told: what texts of the state mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import h3
import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID, hash64
from schemas.state import UserState
from schemas.vocabulary import ContextField

Texts = Callable[[int], str | None]
_CELL = re.compile("[0-9a-f]{15}")


@dataclass(slots=True, frozen=True)
class Whereabouts:
    """A row a user: ``lat``, ``lon`` of the middle of the last-known cell, degrees, NaN unknown;
    ``country``: ISO 3166 code, "" unknown; ``language``: hash of the locale's language, 0 unknown.
    """

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    country: list[str]
    language: NDArray[np.uint64]

    @classmethod
    def unknown(cls, users: int) -> Whereabouts:
        """Nobody told anything."""
        gone = np.full(users, np.nan)
        return cls(gone, gone, [""] * users, np.zeros(users, np.uint64))


def whereabouts(state: UserState, texts: Texts) -> Whereabouts:
    """Return where the users are; ``texts`` gives the text of a hash in the state."""
    cells = _told(state, ContextField.CELL)
    middle = np.array([cell_middle(_text(texts, cell)) for cell in cells]).reshape(-1, 2)
    countries = [_text(texts, n).upper() for n in _told(state, ContextField.COUNTRY)]
    languages = [language(_text(texts, n)) for n in _told(state, ContextField.LOCALE)]
    return Whereabouts(middle[:, 0], middle[:, 1], countries, np.array(languages, np.uint64))


def _told(state: UserState, field: ContextField) -> list[int]:
    rows = state.context
    chosen = rows.data["field"] == field
    value = np.zeros(len(state), np.uint64)
    value[rows.slots[chosen]] = rows.data["value"][chosen]
    return value.tolist()


def _text(texts: Texts, number: int) -> str:
    return "" if number == NO_ID else texts(number) or ""


def is_cell(text: str) -> bool:
    """Return whether a text is an H3 cell; `h3` itself raises for a number beyond 64 bits."""
    return _CELL.fullmatch(text) is not None and h3.is_valid_cell(text)


@lru_cache(maxsize=65_536)
def cell_middle(cell: str) -> tuple[float, float]:
    """Return the middle of an H3 cell in degrees, NaN where it is none."""
    if not is_cell(cell):
        return np.nan, np.nan
    lat, lon = h3.cell_to_latlng(cell)
    return lat, lon


@lru_cache(maxsize=4_096)
def language(locale: str) -> int:
    """Return the hash of a BCP 47 tag's language ("pt-BR", "pt_BR" -> "pt"), 0 for none."""
    word = locale.replace("_", "-").split("-")[0].lower()
    return hash64(word) if word else NO_ID
