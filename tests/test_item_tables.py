"""From training to a decision: what the bundle's tables say reaches the candidates."""

from __future__ import annotations

import json

import numpy as np
from support.records import Log, at

from models.bundle import Bundle
from models.bundle.handmade import write_linear_bundle
from models.bundle.write import write_bundle
from models.dataset import ENGAGEMENT
from models.train.tables import item_tables
from schemas.ids import hash64
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings(
    {}, consent_default="granted", repeat_item_views=2, quiet_start="00:00", quiet_end="00:00",
    diversity=0.5,
)  # fmt: skip


def bundle(folder):
    """Eight users went on from the kettle to the teapot."""
    acts = [
        (f"u{user}".ljust(16).encode(), hash64(item), user * 10 + n)
        for user in range(8)
        for n, item in enumerate(("kettle", "teapot"))
    ]
    manifest = write_linear_bundle(folder / "plain", {"temporal_item": {"source_score": 1.0}})
    graph = (folder / "plain" / "temporal_item.onnx").read_bytes()
    tables = item_tables(np.array(acts, ENGAGEMENT))
    write_bundle(folder / "b", manifest, {"temporal_item": graph}, tables=tables)
    return Bundle.load(folder / "b")


def decisions(pipeline):
    log, catalogue, store = Log(), Log(), MemoryStore()
    catalogue.catalogue(["kettle", "teapot"], T0_MS)
    for record in catalogue.records:
        pipeline.knowledge.apply_catalog(record)
    for minute in range(6):
        log.click("anna", "view", "kettle", T0_MS + minute * MINUTE_MS)
    effects = pipeline.process(0, store, log.records)
    return [json.loads(o.value) for o in effects.outputs if o.topic == "decisions"]


def sources_of(decision):
    return {each["item_id"]: set(each["sources"]) for each in decision["candidates"]}


def test_what_others_went_on_to_is_a_candidate_and_says_why(tmp_path):
    vault = Vault(b"test secret", SETTINGS.tenant)
    with_tables = decisions(Pipeline(SETTINGS, vault, bundle=bundle(tmp_path)))
    without = decisions(Pipeline(SETTINGS, vault))
    teapot = f"{hash64('teapot'):016x}"
    found = [sources_of(each) for each in with_tables if each["candidates"]]
    assert found
    told = {name: sources for each in found for name, sources in each.items()}
    assert {"followers", "ease"} <= set.union(*told.values())
    assert any(name in ("teapot", teapot) for name in told)
    assert not any("followers" in s for each in without for s in sources_of(each).values())


def test_the_price_of_diversity_is_in_the_decision(tmp_path):
    vault = Vault(b"test secret", SETTINGS.tenant)
    made = decisions(Pipeline(SETTINGS, vault, bundle=bundle(tmp_path)))
    spoken = [each for each in made if each["outcome"] == "recommended"]
    assert spoken
    assert all(each["numbers"]["diversity_price"] >= 0 for each in spoken)
    assert all(each["penalty"] >= 0 for one in spoken for each in one["candidates"])
