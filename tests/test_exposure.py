"""What is pushed comes back with the next epoch, and a ceiling then turns to something else."""

from __future__ import annotations

import json

from support.records import Log, at

from models.bundle import Bundle, reference_path
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS = 60_000


def pushed(**told):
    """Twelve users an hour look at two items again and again, the kettle more often."""
    log = Log()
    log.catalogue(["kettle", "teapot"], T0_MS)
    for hour in range(6):
        for user in range(12):
            for n, item in enumerate(("kettle", "kettle", "kettle", "teapot", "teapot")):
                at_ms = T0_MS + hour * 3_600_000 + (user * 5 + n) * MINUTE_MS // 2
                log.click(f"u{hour}-{user}", "view", item, at_ms, category_id="kitchen")
    settings = load_settings(
        {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", partitions=2,
        epoch_ms=3_600_000, repeat_item_views=3, **told,
    )  # fmt: skip
    found = []

    def note(output):
        if output.topic == "recommendations":
            record = json.loads(output.value)
            found.append((record["items"][0]["item_id"], record["created_at"] >= "2026-03-20T11"))

    vault = Vault(b"exposure", settings.tenant)
    replay(log.records, Pipeline(settings, vault, bundle=Bundle.load(reference_path())), note)
    return found


def test_an_item_over_its_ceiling_makes_room_from_the_next_epoch_on():
    free, limited = pushed(), pushed(item_ceiling=0.5)
    assert free
    first = [item for item, later in free if not later]
    assert first == [item for item, later in limited if not later], "nobody knew of pushes yet"
    before = [item for item, later in free if later].count("kettle")
    after = [item for item, later in limited if later].count("kettle")
    assert after < before
    assert len(limited) == len(free), "a ceiling silences nobody"
