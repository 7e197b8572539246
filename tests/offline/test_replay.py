"""A replay gives the same bytes in any batches, on a real log."""

from __future__ import annotations

import hashlib
import json
from itertools import islice

import pytest
from msgspec.structs import replace
from support.data import DESKDROP
from support.records import Log, at

from streams.offline.replay import partition_of, replay
from streams.offline.sources import open_source
from streams.operate.tools.output_files import FILES, OutputFiles
from streams.pipeline.assemble import assemble
from streams.settings import load_settings
from streams.state.store import TIMER

RECORDS = 4_000


def conf(tmp_path, **more):
    return load_settings(
        {}, data_dir=str(tmp_path), secret="same", consent_default="granted", **more
    )


def run(records, folder, batch, settings):
    with OutputFiles(folder) as files:
        done = replay(records, assemble(settings), files.write, batch)
        files.summarise(done.counts())
    names = [*FILES.values(), "summary.json"]
    return done, {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


@pytest.fixture(scope="module")
def shipped():
    return list(islice(open_source("deskdrop", DESKDROP), RECORDS))


@pytest.mark.slow
def test_batches_of_1_100_and_10000_give_the_same_bytes(shipped, tmp_path):
    results = []
    for batch in (1, 100, 10_000, 100):
        done, digests = run(shipped, tmp_path / str(len(results)), batch, conf(tmp_path))
        results.append((digests, [sorted(store.rows.items()) for store in done.stores]))
    assert all(result == results[0] for result in results[1:])
    assert (tmp_path / "0" / "recommendations.jsonl").stat().st_size > 0


def with_far_records(log):
    """Between sound records some of impossible times, and broken ones years ahead."""
    hour_ms, began = 3_600_000, at("2026-03-20T10:00:00+00:00")
    for hour in range(8):
        ts_ms = began + hour * hour_ms
        for user in range(5):
            log.click(f"user{user}", "cart", f"item{hour}", ts_ms + user)
        if hour in (2, 5):
            log.add("clicks", "user1", b"{", began + 9_000 * 24 * hour_ms)
            for far_ms in (-1, 0, at("9999-01-01T00:00:00+00:00"), began * 1_000):
                log.add("purchases", "user2", b"{}", far_ms)
                log.add("ticks", None, b"{}", far_ms)
    return log.records


@pytest.mark.slow
def test_far_and_broken_records_move_no_epoch_and_fire_no_timer(tmp_path):
    records = with_far_records(Log())
    sound = [record for record in records if record.value not in (b"{", b"{}")]
    results = [run(records, tmp_path / str(n), n, conf(tmp_path)) for n in (1, 7, 1_000)]
    assert [digests for _, digests in results[1:]] == [results[0][1]] * 2
    done, expected = results[0][0], run(sound, tmp_path / "sound", 7, conf(tmp_path))[0]
    assert (done.epochs, done.epoch) == (expected.epochs, expected.epoch)
    assert {m.stream_ms for m in done.markers()} == {sound[-1].timestamp_ms}
    for mine, theirs in zip(done.stores, expected.stores, strict=True):
        assert timers(mine) == timers(theirs)
    assert sum(map(len, map(timers, done.stores))) > 0


def timers(store):
    return [key for key in store.rows if key.startswith(TIMER)]


@pytest.mark.slow
def test_every_timer_that_is_due_has_fired_when_the_log_ends(shipped, tmp_path):
    done, _ = run(shipped, tmp_path / "out", 500, conf(tmp_path))
    last_ms = max(record.timestamp_ms for record in shipped)
    for store in done.stores:
        assert store.scan(TIMER, TIMER + (last_ms + 1).to_bytes(8, "big")) == []


def test_dead_letters_keep_their_bytes_and_say_where_they_came_from(tmp_path):
    log = Log()
    log.click("anna", "view", "kettle", at("2026-03-20T10:00:00+00:00"))
    log.add("clicks", "anna", b"\xff\x00", at("2026-03-20T10:01:00+00:00"))
    run(log.records, tmp_path / "out", 10, conf(tmp_path))
    (line,) = (tmp_path / "out" / "dead-letters.jsonl").read_text().splitlines()
    letter = json.loads(line)
    assert letter["reason_code"] == "bad_utf8"
    assert letter["value_base64"] == "/wA="
    assert letter["key_base64"] == "YW5uYQ=="
    assert letter["source"] == {
        "topic": "clicks",
        "partition": partition_of(b"anna", 4),
        "offset": 1,
    }


@pytest.mark.slow
def test_shadow_decides_everything_and_recommends_nothing(shipped, tmp_path):
    live, _ = run(shipped, tmp_path / "live", 500, conf(tmp_path))
    shadow, _ = run(shipped, tmp_path / "shadow", 500, conf(tmp_path, publish="shadow"))
    assert (tmp_path / "shadow" / "recommendations.jsonl").read_bytes() == b""
    counts = shadow.counts()
    assert counts["decided"] == counts["suppressed"] >= live.counts()["decided"]
    assert counts["suppressed.shadow"] > 0


def test_a_users_records_stay_together_whatever_the_partitions():
    assert {partition_of(b"anna", n) for n in (1,)} == {0}
    assert partition_of(None, 4) == 0
    # What the Java client's murmur2 partitioner gives for this key and ten partitions.
    assert partition_of(b"21", 10) == (-973932308 & 0x7FFFFFFF) % 10


@pytest.mark.slow
def test_no_decision_depends_on_what_comes_later(shipped, tmp_path):
    half = shipped[: RECORDS // 2]
    future = [replace(record, timestamp_ms=record.timestamp_ms) for record in shipped]
    run(half, tmp_path / "half", 500, conf(tmp_path))
    run(future, tmp_path / "all", 500, conf(tmp_path))
    last_ms = half[-1].timestamp_ms
    known = _decisions(tmp_path / "half", last_ms)
    assert known
    assert known == _decisions(tmp_path / "all", last_ms)


def _decisions(folder, until_ms):
    lines = (folder / "decisions.jsonl").read_bytes().splitlines()
    return {line for line in lines if json.loads(line)["now_ms"] < until_ms}
