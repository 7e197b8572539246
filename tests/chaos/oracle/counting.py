"""The oracle of the counting job: one output per event, one count per key."""

from __future__ import annotations

from collections import Counter, defaultdict

from chaos.oracle import log
from chaos.oracle.facts import TOPICS
from chaos.oracle.verdict import Verdict


def check(broker: str, app_id: str, prefix: str, partitions: int) -> Verdict:
    """Compare the job's outputs and state with the raw log."""
    inputs, outputs = [prefix + topic for topic in TOPICS], f"{prefix}decisions"
    changelog = f"{app_id}-state-changelog"
    found = log.read(broker, [*inputs, outputs, changelog], partitions)
    events = [entry for topic in inputs for entry in found[topic]]
    verdict = Verdict(events=len(events))
    told = [(e.partition, e.key, *(e.value or b"").rsplit(b":", 1)) for e in found[outputs]]
    verdict.compare(
        "outputs", [(e.partition, e.key, e.value) for e in events], [one[:3] for one in told]
    )
    counts: dict[bytes | None, list[int]] = defaultdict(list)
    for _, key, _, count in told:
        counts[key].append(int(count))
    wanted = Counter(e.key for e in events)
    for key, number in wanted.items():
        verdict.differs(f"counts told of {key!r}", list(range(1, number + 1)), counts[key])
    rows = log.newest(found[changelog])
    state = {key[1:]: int(value) for (_, key), value in rows.items() if key.startswith(b"U")}
    verdict.differs("the users of the state", set(wanted), set(state))
    for key, number in wanted.items():
        verdict.differs(f"count of {key!r}", number, state.get(key or b""))
    return verdict
