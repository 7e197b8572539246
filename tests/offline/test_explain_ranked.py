"""A decision that a ranker took part in is reproduced from its record like any other."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from support.made_up import dataset_of
from support.records import Log, at

from models.bundle import Bundle
from models.train import train_bundle
from schemas.decision import Decision
from streams.offline.explain import explain
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

pytestmark = pytest.mark.slow  # trains a bundle

T0_MS = at("2026-03-20T10:00:00+00:00")
SETTINGS = load_settings({}, consent_default="granted", repeat_item_views=2)
VAULT = Vault(b"ranked", SETTINGS.tenant)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A day of a small shop, decided by a bundle with a ranker."""
    out = tmp_path_factory.mktemp("ranked") / "b"
    train_bundle(dataset_of(1), out, seed=1)
    bundle, log, decisions = with_a_say(Bundle.load(out)), Log(), []
    for i in range(90):
        user, item = f"user{i % 4}", f"item{(i * 7) % 9}"
        log.click(user, "cart" if i % 11 == 0 else "view", item, T0_MS + i * 300_000)
    store, pipeline = MemoryStore(), Pipeline(SETTINGS, VAULT, bundle=bundle)
    for start in range(0, len(log.records), 13):
        effects = pipeline.process(0, store, log.records[start : start + 13])
        store.apply(effects.rows)
        decisions += [o.value for o in effects.outputs if o.topic == "decisions"]
    return bundle, log.records, [msgspec.json.decode(value, type=Decision) for value in decisions]


def with_a_say(bundle):
    """The bundle with a weight for its ranker: on made-up data training may find it worth nothing."""
    fusion = bundle.manifest.fusion
    ranked = replace(fusion["ranked"], lambda_r=0.5)
    bundle.manifest = replace(bundle.manifest, fusion=fusion | {"ranked": ranked})
    return bundle


def links(told, decision):
    bundle, log, _ = told
    return {c.link: c.same for c in explain(decision, log, bundle, SETTINGS, VAULT)}


def test_scores_and_choice_follow_from_what_was_logged(told):
    ranked = [d for d in told[2] if d.candidates and d.candidates[0].scores.lambda_r > 0]
    assert len(ranked) > 3
    assert all(0 < c.scores.rank < 1 and c.by_source for d in ranked for c in d.candidates)
    assert all(False not in links(told, d).values() for d in ranked)
    assert all(links(told, d)["scores"] for d in ranked)


def test_another_rank_is_found(told):
    decision = next(d for d in told[2] if d.candidates and d.candidates[0].scores.lambda_r > 0)
    first = decision.candidates[0]
    wrong = replace(first, scores=replace(first.scores, rank=first.scores.rank / 2))
    changed = replace(decision, candidates=[wrong, *decision.candidates[1:]])
    assert links(told, changed)["scores"] is False
