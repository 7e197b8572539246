"""Half-lives are a setting that a bundle remembers: one meaning of a column from training to explain."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from support.records import Log, at

from models.bundle import Bundle, BundleError, reference_path
from models.bundle.handmade import write_linear_bundle
from models.bundle.manifest import MANIFEST, decode, encode
from models.features import CONTRACT, contract_hash
from models.features.ewma import LONGEST_H, NAMES
from models.features.view import HALF_LIVES_H
from schemas.decision import Decision
from streams.offline.explain import explain
from streams.offline.training.train import collect, train
from streams.operate.tools.doctor import check_bundle
from streams.pipeline.accept import Vault
from streams.pipeline.assemble import load_bundle
from streams.pipeline.pipeline import Pipeline
from streams.settings import SettingsError, load_settings
from streams.state.store import MemoryStore

OTHERS = {"ewma_short_h": 3, "ewma_middle_h": 12, "ewma_long_h": 90}
T0_MS = at("2026-03-20T10:00:00+00:00")
VAULT = Vault(b"half-lives", "default")
USUAL = load_settings({}, consent_default="granted", partitions=1)
OTHER = load_settings({}, consent_default="granted", partitions=1, **OTHERS)


def records():
    log = Log()
    for i in range(60):
        user, event = f"user{i % 3}", "cart" if i % 11 == 0 else "view"
        log.click(user, event, f"item{i % 5}", T0_MS + i * 1_800_000)
    return log.records


def decided(settings):
    effects = Pipeline(settings, VAULT).process(0, MemoryStore(), records())
    values = [o.value for o in effects.outputs if o.topic == "decisions"]
    found = [msgspec.json.decode(value, type=Decision) for value in values]
    return [decision for decision in found if decision.features]


def smoothed(decision):
    row = np.frombuffer(decision.features, "<f4")
    return row[[CONTRACT.user.index(name) for name in NAMES]]


def bundle_of(folder, half_lives_h):
    write_linear_bundle(folder, {"temporal_user": {"1": 0.5}})
    manifest = decode((folder / MANIFEST).read_bytes())
    changed = msgspec.structs.replace(manifest, half_lives_h=half_lives_h)
    (folder / MANIFEST).write_bytes(encode(changed))
    return str(folder)


def test_other_half_lives_give_other_weights_and_another_contract_in_the_decision():
    usual, other = decided(USUAL), decided(OTHER)
    assert len(usual) == len(other) > 3
    assert all(
        not np.array_equal(smoothed(a), smoothed(b)) for a, b in zip(usual, other, strict=True)
    )
    assert {d.contract for d in usual} == {CONTRACT.hash} == {contract_hash(HALF_LIVES_H)}
    assert {d.contract for d in other} == {contract_hash(OTHER.half_lives_h)} != {CONTRACT.hash}


def test_training_sees_what_a_worker_with_these_half_lives_sees():
    data, _ = collect(records(), msgspec.structs.replace(OTHER, engage_horizon_ms=60_000), VAULT)
    seen = {row.tobytes() for row in data.user.astype("<f4")}
    assert any(decision.features in seen for decision in decided(OTHER))
    assert not any(decision.features in seen for decision in decided(USUAL))


def test_explain_makes_them_again_and_says_when_the_setting_is_another():
    decision = decided(OTHER)[-1]
    verdicts = {
        settings.ewma_long_h: explain(decision, records(), None, settings, VAULT)[0]
        for settings in (OTHER, USUAL)
    }
    assert verdicts[90].same is True
    assert verdicts[72].same is None
    assert "another feature contract" in verdicts[72].detail


def test_a_bundle_of_other_half_lives_is_refused_with_the_reason(tmp_path):
    bundle = bundle_of(tmp_path / "b", (3, 12, 90))
    with pytest.raises(BundleError, match=r"half-lives of \(3, 12, 90\) hours.*train again"):
        load_bundle(msgspec.structs.replace(USUAL, bundle=bundle))
    finding = check_bundle(msgspec.structs.replace(USUAL, bundle=bundle))
    assert not finding.ok
    assert "half-lives" in finding.sentence
    same = load_bundle(msgspec.structs.replace(OTHER, bundle=bundle))
    assert same.manifest.half_lives_h == (3, 12, 90)


@pytest.mark.slow
def test_a_trained_bundle_remembers_the_settings_half_lives(tmp_path):
    train(records(), tmp_path / "b", OTHER, VAULT)
    bundle = load_bundle(msgspec.structs.replace(OTHER, bundle=str(tmp_path / "b")))
    assert bundle.manifest.half_lives_h == OTHER.half_lives_h


def test_a_bundle_that_says_nothing_was_trained_on_the_usual_ones():
    assert Bundle.load(reference_path()).manifest.half_lives_h == HALF_LIVES_H
    assert load_bundle(USUAL).manifest.half_lives_h == USUAL.half_lives_h


@pytest.mark.parametrize("wrong", [{"ewma_short_h": 24}, {"ewma_middle_h": 80}])
def test_half_lives_must_rise(wrong):
    with pytest.raises(SettingsError, match="half-lives must rise"):
        load_settings({}, **wrong)


def test_no_half_life_is_longer_than_an_eighth_of_the_thirty_days():
    assert load_settings({}, ewma_long_h=LONGEST_H).ewma_long_h == LONGEST_H == 90
    with pytest.raises(SettingsError, match="ewma_long_h"):
        load_settings({}, ewma_long_h=LONGEST_H + 1)
