"""The short form of `make fuzz`: every target, a few hundred inputs."""

from __future__ import annotations

import random

import pytest
from fuzz.mutate import SEEDS
from fuzz.run import fuzz
from fuzz.targets import NO_REFUSALS, SETTINGS, TARGETS, VAULT, accept, records

from schemas.events import Click, Context, Profile, Purchase, Social
from schemas.receipts import PushReceipt
from schemas.state import NEVER_MS

SHAPES = {
    "clicks": Click, "purchases": Purchase, "context": Context, "profiles": Profile,
    "social": Social, "push-receipts": PushReceipt,
}  # fmt: skip
TURNS = {"decoders": 5, "path": 6, "epochs": 10, "rows": 10, "bundles": 3, "catalogue": 5}


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_a_promise(name):
    for turn in range(TURNS[name]):
        assert TARGETS[name](random.Random(f"short/{name}/{turn}")) > 0


@pytest.mark.parametrize("topic", SHAPES)
def test_the_seeds_have_every_field_of_the_schemas(topic):
    fields = {name for seed in SEEDS[topic] for name in seed}
    assert set(SHAPES[topic].__struct_fields__) - fields <= {"schema_version"}


def test_sound_seeds_are_accepted_so_that_mutations_reach_what_lies_behind():
    batch = accept(records(random.Random(1), 200, 0), NEVER_MS, SETTINGS, VAULT, NO_REFUSALS)
    of_keys = {"null_key", "key_mismatch", "empty_value", "unknown_command"}
    assert {letter.reason for letter in batch.dead} <= of_keys
    assert batch.counts["accepted"] > 100


def test_what_raises_is_a_finding_with_the_seed_that_brings_it_about(monkeypatch):
    monkeypatch.setitem(TARGETS, "broken", lambda rng: 1 // 0)
    monkeypatch.setitem(TARGETS, "sound", lambda rng: 3)
    tried, findings = fuzz(0.05, 7, ["broken", "sound"])
    assert tried["sound"] > 0
    assert findings[0].startswith("7/broken/0\n")
    assert "ZeroDivisionError" in findings[0]
