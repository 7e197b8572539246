"""What users of a segment want is offered to one of them who did nothing of the kind yet."""

from __future__ import annotations

import json

from support.records import Log, at

from schemas.ids import hash64
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T0_MS = at("2026-03-20T10:00:00+00:00")
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", partitions=2,
    epoch_ms=HOUR_MS, repeat_item_views=3,
)  # fmt: skip
VAULT = Vault(b"segments", SETTINGS.tenant)


def tell(log, user, ts_ms, segment):
    log.add("profiles", user, {"user_id": user, "ts": ts_ms, "segments": [segment]}, ts_ms)


def sources_of(segment):
    """Gardeners buy spades, sailors ropes; anna, of ``segment``, looks at something else."""
    log = Log()
    log.catalogue(["spade", "rope", "kettle"], T0_MS)
    for n in range(8):
        user, kind, item = (f"u{n}", *(("garden", "spade"), ("sail", "rope"))[n % 2])
        tell(log, user, T0_MS + n, kind)
        for k in range(3):
            log.click(user, "cart", item, T0_MS + (n * 3 + k + 1) * MINUTE_MS)
    tell(log, "anna", T0_MS + HOUR_MS, segment)
    for k in range(4):
        log.click("anna", "view", "kettle", T0_MS + HOUR_MS + (k + 1) * MINUTE_MS)
    found = {}

    def note(output):
        if output.topic == "decisions":
            decision = json.loads(output.value)
            if decision["user"] == VAULT.pseudonym("anna").hex():
                found.update({c["item_id"]: c["sources"] for c in decision["candidates"]})

    replay(log.records, Pipeline(SETTINGS, VAULT), note)
    items = {
        item: found.get(item, found.get(f"{hash64(item):016x}", [])) for item in ("spade", "rope")
    }
    return {item for item, sources in items.items() if "segment_trending" in sources}


def test_each_segment_hears_of_its_own():
    assert sources_of("garden") == {"spade"}
    assert sources_of("sail") == {"rope"}
    assert sources_of("nobody else's") == set()
