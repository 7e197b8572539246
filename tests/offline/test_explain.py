"""A decision's record is enough to check it, and a changed record is found out."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from support.records import Log, at

from models.bundle import Bundle, reference_path
from schemas.decision import Decision
from streams.offline.explain import explain
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
SETTINGS = load_settings({}, consent_default="granted", explore_share=0.5)
VAULT = Vault(b"explain", SETTINGS.tenant)
BUNDLE = Bundle.load(reference_path())


@pytest.fixture(scope="module")
def told():
    """A day of a small shop: every decision, and the log it came from."""
    log = Log()
    log.context("user0", T0_MS, timezone="Asia/Kathmandu", device="mobile")
    for i in range(120):
        user, item = f"user{i % 5}", f"item{(i * 7) % 9}"
        event = "fav" if i % 17 == 0 else "cart" if i % 11 == 0 else "view"
        log.click(user, event, item, T0_MS + i * 300_000, category_id=f"cat{i % 3}")
    store, decisions = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, VAULT, bundle=BUNDLE)
    for start in range(0, len(log.records), 13):
        effects = pipeline.process(0, store, log.records[start : start + 13])
        store.apply(effects.rows)
        decisions += [o.value for o in effects.outputs if o.topic == "decisions"]
    return log.records, [msgspec.json.decode(value, type=Decision) for value in decisions]


def links(decision, log):
    return {c.link: c.same for c in explain(decision, log, BUNDLE, SETTINGS, VAULT)}


def test_every_decision_is_reproduced_from_the_log(told):
    log, decisions = told
    assert len(decisions) > 10
    verdicts = [links(decision, log) for decision in decisions]
    assert all(False not in verdict.values() for verdict in verdicts)
    assert sum(all(verdict.values()) for verdict in verdicts) > 5
    assert any(d.experiment.arm == "explore" for d in decisions), "exploration is drawn again too"


def recommended(told):
    log, decisions = told
    return log, next(d for d in decisions if d.outcome == "recommended" and len(d.candidates) > 1)


def test_a_changed_feature_is_found(told):
    log, decision = recommended(told)
    row = np.frombuffer(decision.features, "<f4").copy()
    row[3] += 1
    changed = replace(decision, features=row.tobytes())
    assert links(changed, log)["features"] is False


def test_a_changed_score_is_found(told):
    log, decision = recommended(told)
    first = decision.candidates[0]
    other = replace(first, scores=replace(first.scores, fused=first.scores.fused / 2))
    changed = replace(decision, candidates=[other, *decision.candidates[1:]])
    assert links(changed, log)["scores"] is False


def test_another_choice_is_found(told):
    log, decision = recommended(told)
    other = next(c.item_id for c in decision.candidates if c.item_id != decision.chosen_item_id)
    assert links(replace(decision, chosen_item_id=other), log)["choice"] is False


def test_another_bundle_is_not_compared(told):
    log, decision = recommended(told)
    changed = replace(decision, model=replace(decision.model, sha256="0" * 64))
    assert links(changed, log)["scores"] is None


def test_the_record_is_plain_json(told):
    _, decisions = told
    again = json.loads(msgspec.json.encode(decisions[0]))
    assert again["decision_id"] == decisions[0].decision_id
