"""What a user's situation leaves in the dictionary: no free text, whatever is told."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples
from support.inputs import CONTEXT, record, run
from support.records import Log

from schemas.globals import Signals
from schemas.ids import hash64
from schemas.vocabulary import ContextField
from streams.pipeline.accept import Vault
from streams.pipeline.accept.kept_texts import is_kept, is_locale
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings
from streams.state.marker import read_marker
from streams.state.store import MemoryStore

T0_MS = 1_780_000_000_000
SETTINGS = Settings(consent_default="granted")
FREE = ("device", "os", "app_version", "region", "place", "network", "scene", "country", "locale")
texts = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=3, max_size=20)


@hypothesis_settings(max_examples=examples(50))
@given(st.dictionaries(st.sampled_from(FREE), texts.filter(lambda text: not is_locale(text))))
def test_free_text_leaves_its_hash_alone(told: dict[str, str]) -> None:
    bare = {name: value for name, value in CONTEXT.items() if name != "device"}
    batch = run(record("context", bare | told))
    assert batch.names == {}
    assert len(batch.contexts) == len(told)
    assert 0 not in batch.contexts["value"]


@pytest.mark.parametrize(
    ("field", "text", "kept"),
    [
        (ContextField.COUNTRY, "GB", True),
        (ContextField.COUNTRY, "gb", True),
        (ContextField.COUNTRY, "Great Britain", False),
        (ContextField.LOCALE, "en", True),
        (ContextField.LOCALE, "en-GB", True),
        (ContextField.LOCALE, "pt_BR", True),
        (ContextField.LOCALE, "en-gb", True),
        (ContextField.LOCALE, "zh-Hant-TW", True),
        (ContextField.LOCALE, "es-419", True),
        (ContextField.LOCALE, "xx-GB", False),
        (ContextField.LOCALE, "en-XX", False),
        (ContextField.LOCALE, "zh-hANT", False),
        (ContextField.LOCALE, "en-GB-x-anna", False),
        (ContextField.TIMEZONE, "Europe/London", True),
        (ContextField.INTEREST_1, "shoes", True),
    ],
)
def test_what_somebody_reads_is_kept_where_it_is_from_a_closed_list(
    field: ContextField, text: str, kept: bool
) -> None:
    assert is_kept(field, text) == kept


def test_a_text_that_was_free_first_and_is_an_item_later_is_told_to_the_learner() -> None:
    log = Log()
    log.context("anna", T0_MS, device="kettle")
    log.click("anna", "view", "kettle", T0_MS + 1)
    store, names = MemoryStore(), dict[int, str]()
    for one in log.records:
        effects = Pipeline(SETTINGS, Vault(b"kept", SETTINGS.tenant)).process(0, store, [one])
        store.apply(effects.rows)
        for output in effects.outputs:
            if output.topic.endswith("signals"):
                names |= msgspec.msgpack.decode(output.value or b"", type=Signals).names
    assert names == {hash64("kettle"): "kettle"}


@pytest.mark.slow
def test_ten_users_who_tell_something_new_each_day_let_no_dictionary_grow() -> None:
    log = Log()
    for day in range(120):
        for user in range(10):
            at_ms = T0_MS + 86_400_000 * day + user
            told = {"device": f"phone {day}.{user}", "os": f"os {day}", "region": f"r{day}"}
            log.context(f"u{user}", at_ms, **told)
    store = MemoryStore()
    pipeline = Pipeline(SETTINGS, Vault(b"kept", SETTINGS.tenant))
    store.apply(pipeline.process(0, store, log.records).rows)
    marker = read_marker(store)
    assert marker.counts["accepted"] == 1_200
    assert marker.names == 0
