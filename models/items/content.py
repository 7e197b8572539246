"""Items described alike: cosine of TF-IDF over the words of their attributes (Salton 1975)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, diags_array

from models.items.histories import Histories
from models.items.model import Training


class Described(NamedTuple):
    """What the catalogue says of an item; ``number``: its hash."""

    number: int
    created_ms: int
    words: str
    embedding: list[float] | None


@dataclass(slots=True, frozen=True)
class Content:
    """``words``: float32[items, words], rows of length 1; the profile is the decayed sum of rows."""

    words: csr_array
    decay: float = 0.8

    def scores(self, seen: Histories) -> csr_array:
        """Return the inner product of the profile with each item."""
        profile = seen.decayed(self.words.shape[0], self.decay) @ self.words
        return (profile @ self.words.T).tocsr()

    def with_decay(self, decay: float) -> Content:
        """The same words read with another decay."""
        return Content(self.words, decay)


def fit(training: Training) -> Content | None:
    """Return the model; None when nothing describes the items."""
    if training.attributes is None:
        return None
    return Content(unit_rows(training.attributes))


def unit_rows(attributes: csr_array) -> csr_array:
    """Return TF-IDF with rows of length 1."""
    used = np.asarray((attributes > 0).sum(axis=0)).ravel()
    idf = np.log(attributes.shape[0] / np.maximum(used, 1))
    weighted = csr_array(attributes @ diags_array(idf))
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return csr_array(diags_array(1 / np.maximum(length, 1e-9)) @ weighted, dtype=np.float32)
