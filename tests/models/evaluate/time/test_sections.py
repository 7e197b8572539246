"""The whole report on a made-up week and a half: every key is there, whatever the log."""

from __future__ import annotations

import numpy as np
import pytest
from support.records import Log, at

import models.evaluate.time.classification as classification
import models.metrics.intervals as measures
from models.evaluate.page import page
from models.evaluate.time import merged
from models.evaluate.time.sections import SECTIONS, PartError, chosen_sections
from models.forecast import pick
from models.forecast.families import CONTESTANTS
from models.train.temporal import expert
from streams.offline.evaluation.hourly import read_history
from streams.settings import load_settings

BEGIN = at("2026-03-02T00:00:00+08:00")
HOUR_MS = 3_600_000
MEASURES = ("auc", "ap", "brier", "ece", "log_loss", "base_rate", "ci_low", "ci_high")


def a_log(seed, users=30, days=9, like=None):
    """Everybody has an hour of their own; who looks twice is likely to buy."""
    rng, log = np.random.default_rng(seed), Log()
    events = []
    for user in range(users):
        for day in range(days):
            if rng.random() < 0.8:
                ts_ms = BEGIN + (day * 24 + 8 + user % 12) * HOUR_MS + int(rng.integers(HOUR_MS))
                events.append((ts_ms, user, int(rng.integers(6)), rng.random()))
    for ts_ms, user, item, luck in sorted(events):
        who, name = f"{seed}-{user}", f"item{item}"
        log.click(who, "view", name, ts_ms, category_id=f"of {item % 2}")
        if luck < 0.6:
            log.click(who, "cart", name, ts_ms + 60_000, category_id=f"of {item % 2}")
        if luck < 0.4:
            log.purchase(who, [name], ts_ms + 120_000)
    records = sorted(log.records, key=lambda record: record.timestamp_ms)
    return read_history(records, "made up", load_settings({}, default_timezone="Asia/Shanghai"),
                        like=like)  # fmt: skip


@pytest.fixture
def quick(monkeypatch):
    """One kind of trees, two folds, few draws: the keys are the same."""
    monkeypatch.setattr(classification, "FOLDS", 2)
    monkeypatch.setattr(measures, "DRAWS", 5)
    monkeypatch.setattr(expert, "CANDIDATES", expert.CANDIDATES[:1])
    monkeypatch.setattr(expert, "FOLDS", 1)
    monkeypatch.setattr(pick, "CONTESTANTS", tuple(f for f in CONTESTANTS if f.name != "arima"))


@pytest.mark.slow
def test_the_report_has_every_number_of_log_and_unseen_users(quick):
    log = a_log(1)
    unseen = a_log(2, like=log)
    found = [section(log, unseen, 0) for section in SECTIONS]
    report = merged(found)
    for numbers in (report, report["test"]):
        for target in ("act_3h", "act_24h", "buy_3h", "buy_24h"):
            for split in ("time", "user_disjoint", "active"):
                one = numbers[target][split]
                assert set(MEASURES) <= set(one)
                assert {"hour", "recency", "ewma", "base_rate"} <= set(one["baselines"])
                assert all(set(MEASURES) <= set(each) for each in one["baselines"].values())
        assert 0 <= numbers["send_time"]["hit1"] <= numbers["send_time"]["hit3"] <= 1
        assert set(numbers["send_time"]["baselines"]) == {"global", "per_user"}
        for part in ("total", "categories"):
            assert {"mase_1", "mase_24", "wape_1", "wape_24"} <= set(numbers["forecast"][part])
    assert report["act_3h"]["time"]["auc"] > 0.6, "everybody has an hour of their own"
    html = page("Time", "kairos evaluate time", [each for one in found for each in one.sections])
    assert html.count("<svg") >= 6


def test_parts_of_the_report_can_be_asked_for_by_name():
    assert chosen_sections(None) == SECTIONS
    assert [each.__name__ for each in chosen_sections(["forecast"])] == ["forecast"]
    with pytest.raises(PartError, match="no such part: weather"):
        chosen_sections(["weather"])
