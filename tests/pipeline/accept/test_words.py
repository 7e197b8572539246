"""Of a search the keyed hashes of its first words are kept, and nothing that tells them."""

from __future__ import annotations

from support.records import Log, at

from schemas.ids import hash64
from schemas.vocabulary import WORDS
from streams.pipeline.accept import NO_REFUSALS, Vault, accept
from streams.settings import load_settings
from streams.shared.text import search_words

T0_MS = at("2026-03-20T10:00:00+00:00")
SETTINGS = load_settings({})
VAULT = Vault(b"words", SETTINGS.tenant)


def told(event, query):
    log = Log()
    log.click("anna", event, None, T0_MS, query=query)
    batch = accept(log.records, T0_MS, SETTINGS, VAULT, NO_REFUSALS)
    rows = batch.contexts[batch.contexts["field"] >= WORDS[0]]
    return dict(zip(rows["field"].tolist(), rows["value"].tolist(), strict=True)), batch


def test_the_first_words_of_a_search_are_kept_as_keyed_hashes():
    found, batch = told("search", "Red  KETTLE, red!")
    assert found == {
        WORDS[0]: VAULT.word("red"), WORDS[1]: VAULT.word("kettle"), WORDS[2]: 0, WORDS[3]: 0
    }  # fmt: skip
    assert hash64("red") not in found.values()
    assert batch.names == {}, "no text of it is remembered"


def test_more_words_than_there_is_room_for_are_left_out():
    found, _ = told("search", "one two three four five")
    assert list(found.values()) == [VAULT.word(w) for w in ("one", "two", "three", "four")]


def test_no_words_and_other_events_say_nothing():
    assert told("search", " ?! ")[0] == {}
    assert told("search", None)[0] == {}
    assert told("view", "red kettle")[0] == {}


def test_another_secret_or_tenant_hashes_otherwise():
    words = {
        VAULT.word("red"),
        Vault(b"other", SETTINGS.tenant).word("red"),
        Vault(b"words", "t2").word("red"),
    }
    assert len(words) == 3


def test_words_are_cut_alike_whatever_stands_between_them():
    assert search_words("Tea_pots & tea-cosies  TEA") == ["tea", "pots", "cosies"]
    assert search_words("x" * 10_000) == ["x" * 200]
