"""Words of titles and of searches, cut alike so that one finds the other."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
LONGEST = 200
"""Characters of a search that are read."""


def words_of(text: str) -> list[str]:
    """Return the words in order, in lower case; a script without spaces gives long ones."""
    return _WORD.findall(text.lower())


def search_words(query: str) -> list[str]:
    """Return the distinct words of a search in order; what is `written_so` is two."""
    return list(dict.fromkeys(words_of(query[:LONGEST].replace("_", " "))))
