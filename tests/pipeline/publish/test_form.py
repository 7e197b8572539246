from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.publishing import CATALOGUE, KETTLE, MYSTERY, TEAPOT, resources

from schemas.catalog import CatalogItem, Offer
from schemas.vocabulary import TriggerKind
from streams.pipeline.publish import form
from streams.pipeline.publish.words import Words
from streams.settings import Settings, SettingsError, load_settings


@given(st.integers(-1_000, 4_102_444_800_000))
def test_a_time_is_rfc_3339_in_utc_with_milliseconds(ms):
    (text,) = form.rfc3339(np.array([ms], np.int64))
    assert len(text) == 24
    assert text.endswith("Z")
    moment = datetime.fromisoformat(text)
    assert moment.utcoffset() == datetime.now(UTC).utcoffset()
    assert round(moment.timestamp() * 1000) == ms


def test_one_item_and_user_share_a_collapse_key_and_nobody_else_does():
    keys = {
        form.collapse_key(tenant, user, item)
        for tenant in ("a", "b")
        for user in ("00", "01")
        for item in (1, 2)
    }
    assert len(keys) == 8
    assert all(len(key) == 16 for key in keys)
    assert form.collapse_key("a", "00", 1) in keys


def test_only_a_push_about_a_cart_left_right_now_is_urgent():
    urgent = {
        (kind, words, shifted)
        for kind in TriggerKind
        for words in Words
        for shifted in (False, True)
        if form.is_urgent(kind, words, shifted)
    }
    assert urgent == {(TriggerKind.CART_LEFT, Words.ASKED, False)}


def test_an_item_that_nobody_named_goes_by_its_hash():
    assert form.item_name(MYSTERY, resources()) == f"{MYSTERY:016x}"
    assert form.push_item(TEAPOT, CATALOGUE.get(TEAPOT), resources()).item_id == "teapot"
    assert form.push_item(KETTLE, CATALOGUE[KETTLE], resources()).price_minor == 2999


@pytest.mark.parametrize(
    ("item_id", "link"),
    [
        ("kettle", "app://item/kettle"),
        ("a/b?c", "app://item/a%2Fb%3Fc"),
        ("🫖", "app://item/%F0%9F%AB%96"),
    ],
)
def test_without_a_link_in_the_catalogue_one_is_made_from_the_id(item_id, link):
    assert form.deep_link(item_id, None, Settings()) == link
    long = CatalogItem(item_id=item_id, ts=0, deep_link="x" * 2000, image_url="y" * 2000)
    assert form.deep_link(item_id, long, Settings()) == link
    assert form.image_url(long) is None


def test_a_shop_says_where_a_tap_leads_without_a_link():
    shop = Settings(deep_link="https://shop.example/p/{item_id}?from=push")
    assert form.deep_link("a/b", None, shop) == "https://shop.example/p/a%2Fb?from=push"


@pytest.mark.parametrize("pattern", ["", "app://item/", "{item_id}", "app://{item_id} x"])
def test_a_pattern_that_names_no_item_or_is_no_link_is_refused(pattern):
    with pytest.raises(SettingsError):
        load_settings({"KAIROS_DEEP_LINK": pattern})


def test_the_catalogue_says_where_a_tap_leads():
    assert form.deep_link("kettle", CATALOGUE[KETTLE], Settings()) == "shop://p/1"


@pytest.mark.parametrize(
    ("until", "stands"),
    [
        (1_774_774_800_001, True),
        (1_774_774_800_000, False),
        ("2026-03-29T09:00:00.001Z", True),
        ("2026-03-29T11:00:00.001+02:00", True),
        ("2026-03-29T09:00:00Z", False),
        ("2030-01-01T00:00:00", False),
        ("soon", False),
        (10**18, False),
    ],
)
def test_an_offer_is_told_only_if_it_outlives_the_moment_of_sending(until, stands):
    item = CatalogItem(item_id="a", ts=0, offer=Offer(kind="discount", until=until))
    expected = {"kind": "discount", "until": "2026-03-29T09:00:00.001Z", "code": None}
    assert form.standing_offer(item, 1_774_774_800_000) == (expected if stands else None)
