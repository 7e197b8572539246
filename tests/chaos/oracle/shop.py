"""The oracle of the real pipeline: facts, outputs and counters against the raw log."""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from chaos.oracle import log
from chaos.oracle.facts import (
    CARTS,
    ORDERS,
    TOPICS,
    Expected,
    User,
    expect,
    expect_opt_outs,
    expect_profiles,
)
from chaos.oracle.ids import Keyed
from chaos.oracle.journal import RECEIPTS, Journal, journals
from chaos.oracle.log import Entry
from chaos.oracle.policy import violations
from chaos.oracle.row import Row, take_apart
from chaos.oracle.verdict import Verdict

OUTPUTS = ("decisions", "recommendations", "suppressions", "late", "dead-letters")
PROFILES = "profiles"
COUNTERS = ("consumed", "accepted", "duplicates", "late", "dead_letters")
"""The last four make up the first."""


def check(
    broker: str, app_id: str, prefix: str, partitions: int, secret: str, removed: list[Entry]
) -> Verdict:
    """Compare what the pipeline kept and published with what the raw log demands.

    ``removed``: signals that were deleted from the log on purpose.
    """
    changelog = f"{app_id}-state-changelog"
    names = [prefix + name for name in (*TOPICS, PROFILES, RECEIPTS, *OUTPUTS)]
    found = log.read(broker, [*names, changelog], partitions)
    signals = f"{prefix}signals"
    found[signals] = removed + log.read(broker, [signals], 1)[signals]
    return judge(found, changelog, prefix, secret)


def judge(found: dict[str, list[Entry]], changelog: str, prefix: str, secret: str) -> Verdict:
    """Judge the content of the topics (full names)."""
    inputs = [entry for topic in TOPICS for entry in found[prefix + topic]]
    keyed = Keyed(secret)
    expected, verdict = expect(inputs, prefix, keyed), Verdict(events=len(inputs))
    receipts = found[prefix + RECEIPTS]
    expect_opt_outs(expected, receipts, RECEIPTS)
    expect_profiles(expected, found[prefix + PROFILES], PROFILES)
    rows = log.newest(found[changelog])
    users = {keyed.pseudonym(name): user for name, user in expected.users.items()}
    outputs = {name: found[prefix + name] for name in OUTPUTS}
    kept = {key[1:]: take_apart(row) for (_, key), row in rows.items() if key.startswith(b"U")}
    _check_state(verdict, users, kept)
    _check_timers(verdict, kept, rows)
    _check_signals(verdict, users, found[f"{prefix}signals"])
    _check_set_aside(verdict, expected, outputs)
    _check_decisions(verdict, outputs)
    _check_counters(verdict, expected, rows, outputs)
    told = journals(receipts)
    broken = violations(outputs["recommendations"], expected.users, told, prefix)
    verdict.policy_violations += len(broken)
    for sentence in broken:
        verdict.note(sentence)
    _check_journals(verdict, {keyed.pseudonym(name): told[name] for name in expected.users}, kept)
    return verdict


def _check_state(verdict: Verdict, users: dict[bytes, User], kept: dict[bytes, Row]) -> None:
    """Every accepted event is in its user's row, once, and nothing else is."""
    verdict.differs("the users of the state", set(users), set(kept))
    for key in users.keys() & kept.keys():
        user, row, who = users[key], kept[key], key.hex()
        verdict.compare(f"events of {who}", user.seen.items(), row.seen)
        verdict.compare(f"total of {who}", range(len(user.seen)), range(row.total))
        times = user.seen.values()
        verdict.differs(f"times of {who}", (max(times), min(times)), (row.newest_ms, row.first_ms))
        tiles = [(tile, n, kind) for (tile, kind), n in sorted(user.tiles.items())]
        verdict.differs(f"tiles of {who}", tiles, row.tiles)
        verdict.differs(f"recent events of {who}", user.recent(), row.events)
        orders = [(*fact[:3], *fact[6:]) for fact in user.table(*ORDERS)]
        verdict.differs(f"order lines of {who}", orders, row.orders)
        carts = [(*fact[:3], fact[8]) for fact in user.table(*CARTS)]
        verdict.differs(f"carts of {who}", carts, row.carts)
        context = [(*told, number) for number, told in sorted(user.context.items())]
        verdict.differs(f"context of {who}", context, row.context)


def _check_timers(
    verdict: Verdict, kept: dict[bytes, Row], rows: dict[tuple[int, bytes], bytes]
) -> None:
    """The index of timers holds each user's next one, and no other."""
    wanted = {
        (min(timer[0] for timer in row.timers), key) for key, row in kept.items() if row.timers
    }
    index = {(int.from_bytes(key[1:9], "big"), key[9:]) for _, key in rows if key.startswith(b"T")}
    verdict.differs("the timers", wanted, index)


def _check_signals(verdict: Verdict, users: dict[bytes, User], entries: list[Entry]) -> None:
    """Each accepted fact went to the learner once."""
    wanted = [
        (int.from_bytes(key[:8], "little"), fact[0], fact[2], fact[3], fact[8])
        for key, user in users.items()
        for fact in user.facts
    ]
    verdict.compare("signals", wanted, (fact for entry in entries for fact in _signalled(entry)))


def _signalled(entry: Entry) -> Iterator[tuple[int, ...]]:
    _, _, _, users, items, categories, types, times, *_ = msgspec.msgpack.decode(
        entry.value or b"", strict=False
    )
    count = len(types)
    wide = struct.Struct(f"<{count}Q")
    yield from zip(
        wide.unpack(users), struct.unpack(f"<{count}q", times), wide.unpack(items),
        wide.unpack(categories), types, strict=True,
    )  # fmt: skip


def _check_set_aside(verdict: Verdict, expected: Expected, outputs: dict[str, list[Entry]]) -> None:
    """What is late, and what cannot be read, is told once each; dead letters keep their bytes."""
    ledger = [json.loads(entry.value or b"") for entry in outputs["late"]]
    verdict.compare(
        "late", expected.late, [(_short(e["topic"]), e["partition"], e["offset"]) for e in ledger]
    )
    letters = [(_place(entry.headers), entry.value) for entry in outputs["dead-letters"]]
    verdict.compare("dead letters", expected.dead.items(), letters)


def _short(topic: str) -> str:
    return topic.rsplit(".", 1)[-1]


def _place(headers: dict[str, bytes]) -> tuple[str, int, int]:
    topic, partition, offset = (
        headers[f"kairos-{name}"].decode() for name in ("topic", "partition", "offset")
    )
    return topic, int(partition), int(offset)


def _check_decisions(verdict: Verdict, outputs: dict[str, list[Entry]]) -> None:
    """A decision has one id and one projection."""
    decisions = [d["decision_id"] for d in _values(outputs["decisions"])]
    pushes = _values(outputs["recommendations"])
    made = [p["recommendation_id"] for p in pushes if p["action"] == "upsert" and not p["revision"]]
    taken_back = [p["recommendation_id"] for p in pushes if p["action"] == "cancel"]
    silenced = [s["decision_id"] for s in _values(outputs["suppressions"])]
    verdict.decisions, verdict.recommendations = len(decisions), len(made)
    for what, ids in (
        ("decisions", decisions), ("projections", made + silenced), ("cancels", taken_back),
    ):  # fmt: skip
        verdict.compare(what, set(ids), ids)
    verdict.match("decisions and projections", decisions, made + silenced)


def _check_journals(verdict: Verdict, told: dict[bytes, Journal], kept: dict[bytes, Row]) -> None:
    """What was recommended is in its user's row, once, and what became of it."""
    for key in told.keys() & kept.keys():
        wanted = [(name, *push.row()) for name, push in told[key].pushes.items()]
        found = [(_uuid(push), push[4], push[8], *push[11:]) for push in kept[key].pushes]
        who = f"pushes of {key.hex()}"
        verdict.match(who, (push[0] for push in wanted), (push[0] for push in found))
        verdict.differs(who, sorted(wanted), sorted(found))


def _uuid(push: tuple[Any, ...]) -> str:
    text = f"{push[0]:016x}{push[1]:016x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _values(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [json.loads(entry.value or b"") for entry in entries]


def _check_counters(
    verdict: Verdict,
    expected: Expected,
    rows: dict[tuple[int, bytes], bytes],
    outputs: dict[str, list[Entry]],
) -> None:
    """Law 4: each partition's counters are what the log says, and they add up."""
    total: Counter[str] = Counter()
    for partition, wanted in expected.counts.items():
        marker = rows.get((partition, b"M"))
        counts = {} if marker is None else msgspec.msgpack.decode(marker)["counts"]
        total.update(counts)
        for name in (*COUNTERS, "receipts"):
            found = counts.get(name, 0)
            verdict.adds_up(f"{name} of partition {partition}", wanted[name], found)
    parts = sum(total[name] for name in COUNTERS[1:])
    verdict.adds_up("accepted + duplicates + late + dead letters", total["consumed"], parts)
    verdict.adds_up(
        "recommended + suppressed", total["decided"], total["recommended"] + total["suppressed"]
    )
    for name, told in (
        ("decided", verdict.decisions),
        ("recommended", verdict.recommendations),
        ("suppressed", len(outputs["suppressions"])),
    ):
        verdict.adds_up(f"{name}, as published", total[name], told)
