"""The cost of reading features is measured on a whole log."""

from __future__ import annotations

import pytest
from support.records import Log, at

from benchmarks.job import features_read
from benchmarks.job.features_read import read_costs
from models.features import CONTRACT


@pytest.mark.slow
def test_every_batch_size_has_a_cost_and_heavy_users_are_told(monkeypatch) -> None:
    monkeypatch.setattr(features_read, "LEAST_USERS", 8)
    log = Log()
    for number in range(200):
        user = "heavy" if number % 2 else f"user{number % 6}"
        log.click(user, "view", f"item{number}", at("2026-03-20T10:00:00+00:00") + number)
    found = read_costs(log.records, "UTC")
    assert (found["users"], found["users_truncated"]) == (4, 1)
    assert found["features"] == len(CONTRACT.user)
    assert found["facts_bytes_p99"] > found["facts_bytes_per_user"] > 100
    assert all(found[f"read_us_per_user_in_batches_of_{n}"] > 0 for n in features_read.BATCHES)
