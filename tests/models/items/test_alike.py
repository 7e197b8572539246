"""What is described alike, against scikit-learn's TF-IDF and nearest neighbours."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.sparse import csr_array, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from models.items import alike as under_test
from models.items.alike import LEAST, alike
from models.items.content import Described

WORDS = st.lists(st.sampled_from(["red", "Red", "shoe", "blue", "hat", "hat", "ö1"]), max_size=6)
EMBEDDINGS = st.none() | st.lists(st.integers(-3, 3), min_size=3, max_size=3)
ITEMS = st.lists(st.tuples(WORDS.map(" ".join), EMBEDDINGS), min_size=1, max_size=12)


def described(items: list[tuple[str, Any]]) -> list[Described]:
    return [Described(n, 0, words, embedding) for n, (words, embedding) in enumerate(items)]


def cosines(told: list[Described]) -> Any:
    """Return all cosines, float[items, items], as scikit-learn works them out."""
    try:
        vectorizer = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True)
        parts = [vectorizer.fit_transform([each.words for each in told])]
    except ValueError:
        parts = [csr_array((len(told), 1))]
    if any(each.embedding for each in told):
        own = [each.embedding or [0.0] * 3 for each in told]
        parts.append(csr_array(normalize(np.array(own))))
    rows = normalize(hstack(parts).tocsr())
    return (rows @ rows.T).toarray()


@given(ITEMS, st.integers(1, 4), st.integers(1, 20))
def test_it_finds_the_likest_as_scikit_learn_measures_them(items, longest, at_once):
    told = described(items)
    every = np.arange(len(told))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "MOST_AT_ONCE", at_once)
        row, column, like = alike(told, every[::2], every, longest)
    true = cosines(told)
    assume(not (np.abs(true - LEAST) < 1e-9).any())
    assert like == pytest.approx(true[row, column].clip(max=1.0))
    np.fill_diagonal(true, 0.0)
    for asking in every[::2].tolist():
        best = np.sort(true[asking])[::-1][:longest]
        assert np.sort(like[row == asking])[::-1] == pytest.approx(best[best >= LEAST].clip(max=1))


def test_nobody_is_like_anybody_where_nothing_is_said():
    assert [len(part) for part in alike(described([("", None)] * 3), *[np.arange(3)] * 2, 2)] == [
        0
    ] * 3


def test_a_worker_that_learns_it_loads_no_scikit_learn():
    code = "import sys, models.items.alike; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
