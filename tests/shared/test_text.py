"""Words of every script: what a search says is found in a title however either is written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from streams.shared.text import search_words, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Red KETTLE, red!", ["red", "kettle", "red"]),
        ("किताब", ["किताब"]),
        ("तकिया बक्सा", ["तकिया", "बक्सा"]),
        ("หนังสือ", ["หนังสือ"]),
        ("كِتَاب", ["كِتَاب"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("ＫＥＴＴＬＥ ﬁne", ["kettle", "fine"]),
        ("東京大学", ["東京", "京大", "大学"]),
        ("茶 kettle湯沸", ["茶", "kettle", "湯沸"]),
        ("コーヒー", ["コー", "ーヒ", "ヒー"]),
        ("佐々木希", ["佐々", "々木", "木希"]),
        ("İSTANBUL ISPARTA", ["istanbul", "isparta"]),
        ("istanbul ısparta", ["istanbul", "isparta"]),
        ("كتـــاب", ["كتاب"]),
        ("کتاب\u200cخانه", ["کتابخانه"]),
        ("Wasser\u00adkocher\ufeff", ["wasserkocher"]),
        ("កាបូប\u200bស្បែក", ["កាបូប", "ស្បែក"]),
        ("葛\U000e0100餅", ["葛餅"]),
        ("Tea \u2764\ufe0f \u0301", ["tea"]),
    ],
)
def test_words_of_every_script(text, words):
    assert words_of(text) == words


@given(st.text(max_size=20))
@settings(max_examples=examples(200))
def test_composed_or_not_in_capitals_or_not_it_is_the_same_words(text):
    assert words_of(unicodedata.normalize("NFD", text)) == words_of(
        unicodedata.normalize("NFC", text)
    )
    assert set(search_words(text)) <= set(words_of(text.replace("_", " ")))


def test_a_word_is_not_cut_at_its_vowel_signs():
    assert not set(search_words("किताब")) & set(search_words("तकिया बक्सा"))
