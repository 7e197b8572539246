"""What an operator says to a partition, on a real worker with a learner, and in the log read again."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import partial

import msgspec
import pytest
from support.epochs import epochs_of
from support.records import Log

from schemas.decision import Decision
from streams.engine.topics import CHANGELOG
from streams.knowledge.shared import Knowledge
from streams.operate.demo.through_kafka import check_decision, read_log
from streams.operate.tools import commanding, doctor
from streams.operate.tools.feed import producing
from streams.operate.tools.markers import read_markers
from streams.operate.tools.reading import read_all
from streams.operate.tools.set_aside import skipped
from streams.pipeline.accept import Vault
from streams.pipeline.assemble import load_bundle
from streams.pipeline.pipeline import Pipeline
from streams.state.marker import read_marker
from streams.state.store import USER, MemoryStore

pytestmark = pytest.mark.kafka

MINUTE_MS = 60_000
OPEN = {"consent_default": "granted", "quiet_start": "00:00", "quiet_end": "00:00", "min_gap_ms": 0}


def now_ms():
    return time.time_ns() // 1_000_000


def of(it, work):
    return asyncio.run(work(it.settings))


def marker(it, partition=0):
    return of(it, read_markers)[partition]


def epochs(it):
    return epochs_of(asyncio.run(read_all(it.settings, "globals")))


def decisions(it):
    records = asyncio.run(read_all(it.settings, "decisions"))
    return [msgspec.json.decode(record.value, type=Decision) for record in records]


def vault_of(it):
    return Vault(it.settings.secret.encode(), it.settings.tenant)


def read_again(it):
    """The state that a pipeline comes to over the log of the one partition, as far as it was decided."""
    seen, store = marker(it).next_offsets, MemoryStore()
    (log,) = asyncio.run(read_log(it.settings)).values()
    taken = [record for record in log if record.offset < seen.get(record.topic, 0)]
    for effects in Pipeline(it.settings, vault_of(it)).process_whole(0, store, taken):
        store.apply(effects.rows)
    return read_marker(store)


def test_a_partition_ahead_is_brought_back_with_its_learner(shop):
    it = shop(partitions=1, epoch_ms=10 * MINUTE_MS, tick_ms=500, **OPEN)
    first, log, began_ms = it.worker("first"), Log(), now_ms()

    def look(minute, user="dora", event="view"):
        it.send([log.click(user, event, "kettle", began_ms + minute * MINUTE_MS)])

    look(-60)
    asyncio.run(spoil_shared(it.settings))
    look(-49)
    it.wait(lambda: len(epochs(it)) == 1, "an epoch")
    look(50)  # within the hour that a broker lets pass
    it.wait(lambda: len(epochs(it)) == 2, "an epoch of a time to come")
    assert not doctor.judge_partitions(commanding.ahead(of(it, read_markers), now_ms())).ok

    to = datetime.fromtimestamp((began_ms - 40 * MINUTE_MS) / 1000, UTC).isoformat()
    (said,) = asyncio.run(commanding.bring_back(it.settings, [], to))
    it.wait(lambda: marker(it).stream_ms < now_ms() - 30 * MINUTE_MS, "the partition is back")
    look(-25)
    it.wait(lambda: len(epochs(it)) == 3, "an epoch of now")
    real, ahead, back = epochs(it)
    assert real.number < back.number < ahead.number
    assert back.since > 0
    assert back.names == real.names

    first.kill()
    it.worker("second").wait_until_ready()
    look(-14)
    it.wait(lambda: len(epochs(it)) == 4, "an epoch of the next learner")
    after = epochs(it)[3]
    assert back.number < after.number < ahead.number
    for n in range(30):
        look(-13, f"fan{n}", "fav")
        it.wait(lambda n=n: len(decisions(it)) > n, "a decision")
        if decisions(it)[-1].epoch == after.number:
            break
    assert decisions(it)[-1].epoch == after.number
    it.stack.close()
    live, again = marker(it), read_again(it)
    assert again.stream_ms == live.stream_ms < now_ms()
    for name in ("accepted", "dead_letters", "decided", "ticks"):
        assert again.counts.get(name, 0) == live.counts.get(name, 0)
    assert said.partition == 0
    used = partial(skipped, knowledge=Knowledge())
    assert of(it, used) == {"catalog": 1, "globals": 1, "signals": 1}
    with pytest.raises(commanding.CommandError, match="no partition is ahead"):
        asyncio.run(commanding.bring_back(it.settings, [], ""))


async def spoil_shared(settings):
    """A record that nobody can use, on each of the shared topics."""
    async with producing(settings) as producer:
        for name, key in (("catalog", b"cup"), ("globals", b"epoch/0"), ("signals", None)):
            topic = settings.topic(name)
            await producer.send_and_wait(topic, b"\xc1 odd", key, partition=0)


async def spoil(settings, user):
    """Make the changelog's row of a user one that no build can read."""
    async with producing(settings) as producer:
        topic = f"{settings.app_id}-{CHANGELOG}"
        await producer.send_and_wait(topic, b"\xff spoilt", USER + user, partition=0)


def test_a_user_who_was_set_aside_counts_again_after_the_release(shop):
    it = shop(partitions=1, tick_ms=500, **OPEN)
    first, log, began_ms = it.worker("first"), Log(), now_ms() - 30 * MINUTE_MS
    bert = vault_of(it).pseudonym("bert")

    def send(*records):
        it.send(records)
        it.wait(lambda: it.consumed() == sent(), "what was sent")

    def sent():
        return sum(record.topic in ("clicks", "context") for record in log.records)

    send(log.click("bert", "view", "kettle", began_ms), log.click("anna", "view", "cup", began_ms))
    first.kill()
    asyncio.run(spoil(it.settings, bert))
    it.worker("second")
    send(log.click("bert", "fav", "kettle", began_ms + 1))
    assert marker(it).set_aside == [bert]
    finding = doctor.judge_set_aside(of(it, read_markers))
    assert bert.hex() in finding.sentence
    assert not finding.ok
    with pytest.raises(commanding.CommandError, match="not set aside"):
        asyncio.run(commanding.release(it.settings, vault_of(it).pseudonym("anna")))

    said = asyncio.run(commanding.release(it.settings, bert))
    assert said.fresh
    it.wait(lambda: marker(it).set_aside == [], "the release")
    later_ms = said.ts_ms + 1
    send(log.click("bert", "fav", "cup", later_ms))
    assert [d.reason for d in decisions(it) if d.user == bert.hex()] == ["no_consent"]
    send(log.context("bert", later_ms + 1, consent={"push": True}))
    send(log.click("bert", "cart", "kettle", later_ms - 59 * MINUTE_MS))
    send(log.click("bert", "search", None, later_ms + 2, query="kettle"))
    send(*[log.click("bert", "view", "kettle", later_ms + 3 + n) for n in range(5)])
    it.wait(lambda: any(d.features for d in mine(it, bert)), "a decision with features")
    it.stack.close()
    (records,) = asyncio.run(read_log(it.settings)).values()
    bundle = load_bundle(it.settings)
    for decision in mine(it, bert):
        assert check_decision(decision, records, bundle, it.settings, vault_of(it)) == []
    live, again = marker(it), read_again(it)
    for name in ("accepted", "dead_letters", "released", "ticks"):
        assert again.counts.get(name, 0) == live.counts.get(name, 0)
    assert doctor.judge_set_aside(of(it, read_markers)).ok


def mine(it, user):
    return [decision for decision in decisions(it) if decision.user == user.hex()]
