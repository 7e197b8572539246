"""A replay accounts for the catalogue as workers do: what is sound counts, the rest is a dead letter."""

from __future__ import annotations

import json
from pathlib import Path

from streams.offline.replay import replay
from streams.offline.sources import open_source
from streams.pipeline.assemble import assemble
from streams.settings import load_settings

FAULT = Path("tests/data/faults/catalogue_update_lost.jsonl")


def run(batch_records):
    told, outputs = {"partitions": 1, "secret": "s" * 40, "epoch_ms": 600_000}, []
    replay(
        open_source("raw", FAULT),
        assemble(load_settings({}, **told)),
        outputs.append,
        batch_records,
    )
    return outputs


def test_sold_out_is_seen_and_the_bad_price_is_a_letter():
    outputs = run(2_000)
    (letter,) = [each for each in outputs if each.topic == "dead-letters"]
    headers = {name: value.decode() for name, value in letter.headers}
    assert (headers["kairos-topic"], headers["kairos-partial"]) == ("catalog", "price_minor")
    told = [json.loads(each.value) for each in outputs if each.topic == "decisions"]
    (reminder,) = [each for each in told if each["trigger"]["kind"] == "cart_left"]
    assert "kettle" not in [each["item_id"] for each in reminder["candidates"]]
    assert not [each for each in outputs if each.topic == "recommendations"]


def test_no_batch_size_changes_it():
    assert run(1) == run(2) == run(2_000)
