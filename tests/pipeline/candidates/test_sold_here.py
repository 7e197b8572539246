"""Through the whole path: nothing is pushed where it is not sold."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from models.bundle import Bundle, reference_path
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T0_MS = at("2026-06-10T10:00:00+00:00")
HOUR_MS = 3_600_000


def considered(country, regions, unknown_country="allow", moved_to=None):
    """The candidates of a reminder about a cart with a kettle of these regions."""
    settings = load_settings(
        {}, consent_default="granted", partitions=1, unknown_country=unknown_country
    )
    log, outputs = Log(), []
    body = {"item_id": "kettle", "ts": T0_MS, "stock": 5}
    body |= {} if regions is None else {"regions": regions}
    log.add("catalog", "kettle", body, T0_MS)
    if country is not None:
        log.context("u", T0_MS + 1, country=country)
    if moved_to is not None:
        log.context("u", T0_MS + 2, country=moved_to)
    log.click("u", "cart", "kettle", T0_MS + 3)
    log.click("clock", "comment", None, T0_MS + 2 * HOUR_MS)
    job = Pipeline(
        settings, Vault(b"sold here", settings.tenant), bundle=Bundle.load(reference_path())
    )
    replay(log.records, job, outputs.append)
    told = [json.loads(each.value) for each in outputs if each.topic == "decisions"]
    (decision,) = [each for each in told if each["trigger"]["kind"] == "cart_left"]
    return [each["item_id"] for each in decision["candidates"]]


@pytest.mark.parametrize(
    ("country", "regions"),
    [("FR", ["DE"]), ("FR", ["DE-BER", "AT"]), ("FR", []), (None, [])],
)
def test_an_item_is_no_candidate_where_it_is_not_sold(country, regions):
    assert "kettle" not in considered(country, regions)


@pytest.mark.parametrize(
    ("country", "regions"),
    [("DE", ["DE"]), ("DE", ["AT", "DE-BER"]), ("de", ["DE"]), ("DE", ["de"]), ("FR", None)],
)
def test_an_item_is_one_where_it_is(country, regions):
    assert "kettle" in considered(country, regions)


def test_the_last_known_country_counts():
    assert "kettle" not in considered("DE", ["DE"], moved_to="FR")
    assert "kettle" in considered("FR", ["DE"], moved_to="DE")


def test_a_setting_says_what_a_user_of_unknown_country_is_offered():
    assert "kettle" in considered(None, ["DE"])
    assert "kettle" not in considered(None, ["DE"], "refuse")
    assert "kettle" in considered(None, None, "refuse")
