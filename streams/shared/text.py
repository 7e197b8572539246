"""Words of titles and of searches in every script, cut alike so that one finds the other."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = re.compile(r"\w+", re.ASCII)
LONGEST = 200
"""Characters of a search that are read."""
_SILENT = re.compile(
    "[\u00ad\u034f\u061c\u0640\u180b-\u180e\u200c-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
    "\U000e0100-\U000e01ef]"
)
"""What says how a word is set, and is no part of it: soft hyphens, joiners, directions, variants, and the line
that draws Arabic letters out. The blank of no width is a blank: Thai and Khmer part words with it."""
_UNSPACED = (
    (0x3005, 0x3007), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)  # fmt: skip
"""Kana and ideographs, which are written without blanks between words."""


def words_of(text: str) -> list[str]:
    """Return the words in order, compatible forms and case folded (NFKC); marks belong to their letter.

    What is written without blanks (kana, ideographs) comes in overlapping pairs of characters.
    """
    if text.isascii():
        return _PLAIN.findall(text.lower())  # the same, many times faster
    spaced = "".join(one if _is_of_word(one) else " " for one in _folded(text))
    words = [word for run in spaced.split() for word in _cut(run)]
    return [word for word in words if not all(map(_is_mark, word))]


def search_words(query: str) -> list[str]:
    """Return the distinct words of a search in order; what is `written_so` is two."""
    return list(dict.fromkeys(words_of(query[:LONGEST].replace("_", " "))))


def _folded(text: str) -> str:
    """The four i's of Turkish are one: which of them a capital stands for is a matter of the language."""
    plain = _SILENT.sub("", unicodedata.normalize("NFKC", text))
    folded = unicodedata.normalize("NFKC", plain.casefold())
    return folded.replace("i\u0307", "i").replace("ı", "i")


def _is_mark(one: str) -> bool:
    return unicodedata.category(one)[0] == "M"


def _is_of_word(one: str) -> bool:
    """Letters, numbers and the marks on them, as vowel signs are; the underscore."""
    return one == "_" or unicodedata.category(one)[0] in "LNM"


def _is_unspaced(one: str) -> bool:
    return any(first <= ord(one) <= last for first, last in _UNSPACED)


def _cut(run: str) -> list[str]:
    """Part what is written without blanks from the rest, and cut it into pairs."""
    words, start = [], 0
    for end in range(1, len(run) + 1):
        if end == len(run) or _is_unspaced(run[end]) != _is_unspaced(run[start]):
            words += _pairs(run[start:end]) if _is_unspaced(run[start]) else [run[start:end]]
            start = end
    return words


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]
