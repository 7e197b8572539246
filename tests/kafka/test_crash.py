"""The real pipeline, killed with -9 in the middle of a real log: nothing lost, nothing twice."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from support.data import DESKDROP
from support.replayed import facts_of_replay

from streams.offline.sources import open_source

pytestmark = pytest.mark.kafka

RECORDS = 12_000


def test_killed_and_restarted_it_ends_where_an_undisturbed_replay_ends(shop):
    it = shop(consent_default="granted", session_timeout_ms=3_000, batch_records=200)
    log = list(islice(open_source("deskdrop", DESKDROP), RECORDS))
    it.send(log)
    events = sum(record.topic != "catalog" for record in log)
    for share in (0.2, 0.5):
        doomed = it.worker("first")
        it.wait(lambda share=share: it.consumed() > events * share, f"{share:.0%} of the log")
        doomed.kill()
    assert it.consumed() < events, "both kills came in the middle"
    last = it.worker("second")
    it.wait(lambda: it.consumed() >= events, "the end of the log", timeout_s=120)
    assert last.stop() == 0, "else it decides on between one look and the next: timers fall due"
    counts = it.changelog()[0].counts()
    accounted = ("accepted", "duplicates", "late", "dead_letters")
    assert counts["consumed"] == events == sum(counts[name] for name in accounted)
    assert it.facts() == facts_of_replay(it.settings, log)
    decisions = Counter(each["decision_id"] for each in it.values("decisions"))
    upserts = [
        r for r in it.values("recommendations") if r["action"] == "upsert" and not r["revision"]
    ]
    suppressed = it.values("suppressions")
    assert max(decisions.values()) == 1
    assert counts["decided"] == len(decisions) == len(upserts) + len(suppressed)
    assert counts["recommended"] == len(upserts)
