"""Shadow decides as live would: the same log gives the same choices, only nothing is published."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.examples import examples
from support.records import Log, at

from schemas.state import UserState
from schemas.vocabulary import PushOrigin
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import unpack_rows
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import USER, MemoryStore

NOON_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", cap_per_day=2,
    debounce_ms=HOUR_MS, item_cooldown_ms=DAY_MS,
)  # fmt: skip
SHADOW = replace(SETTINGS, publish="shadow")
OUTCOME = ("outcome", "reason", "rule")


def decide(records, chosen, store, batch=100):
    """The decisions and what was recommended."""
    pipeline = Pipeline(chosen, Vault(b"shadow", chosen.tenant))
    outputs = []
    for start in range(0, len(records), batch):
        for effects in pipeline.process_whole(0, store, records[start : start + batch]):
            store.apply(effects.rows)
            outputs += effects.outputs
    return (
        [json.loads(o.value) for o in outputs if o.topic == "decisions"],
        [json.loads(o.value) for o in outputs if o.topic == "recommendations"],
    )


def state_of(store) -> UserState:
    rows = {key[1:]: row for key, row in store.rows.items() if key.startswith(USER)}
    return unpack_rows(list(rows), list(rows.values()))


def favourites(*hours) -> Log:
    log = Log()
    for number, hour in enumerate(hours):
        log.click("anna", "fav", f"item{number}", NOON_MS + hour * HOUR_MS)
    return log


def alike(live, shadow) -> None:
    """The same decisions; where live recommends, shadow says that it would have."""
    for was, now in zip(live, shadow, strict=True):
        assert all(was[name] == now[name] for name in was.keys() - set(OUTCOME))
        if was["outcome"] == "recommended":
            assert (now["outcome"], now["reason"]) == ("suppressed", "shadow")
        else:
            assert [was[name] for name in OUTCOME] == [now[name] for name in OUTCOME]


def test_the_cap_is_filled_in_shadow_as_it_is_live():
    log = favourites(0, 2, 4, 6)
    live, spoken = decide(log.records, SETTINGS, MemoryStore())
    dry, silent = decide(log.records, SHADOW, MemoryStore())
    alike(live, dry)
    assert [d["reason"] for d in dry] == ["shadow", "shadow", "cap_reached", "cap_reached"]
    assert [d["policy"]["cap_used"] for d in dry] == [0, 1, 2, 2]
    assert len(spoken) == 2
    assert silent == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fav", "cart", "view", "buy", "tick", "no", "yes"]),
        st.integers(0, 3),
        st.sampled_from([5, 70, 400, 1500]),
    ),
    max_size=30,
)


@settings(max_examples=examples(40))
@given(STEPS, st.sampled_from([1, 7, 100]))
def test_a_log_gives_the_same_decisions_live_and_in_shadow(steps, batch):
    log, now_ms = Log(), NOON_MS
    for what, item, minutes in steps:
        now_ms += minutes * MINUTE_MS
        match what:
            case "tick":
                log.tick(now_ms)
            case "buy":
                log.purchase("anna", [f"item{item}"], now_ms)
            case "no" | "yes":
                log.context("anna", now_ms, consent={"push": what == "yes"})
            case _:
                log.click("anna", what, f"item{item}", now_ms)
    live, _ = decide(log.records, SETTINGS, MemoryStore(), batch)
    dry, spoken = decide(log.records, SHADOW, MemoryStore(), batch)
    alike(live, dry)
    assert spoken == [], "neither a push nor the cancel of one that was never published"


def test_what_shadow_remembered_is_forgotten_when_it_goes_live():
    """Nobody saw it: it fills no cap, keeps no item back, and is never taken back."""
    store, before, after = MemoryStore(), favourites(0, 2), favourites(0, 2, 4)
    decide(before.records, SHADOW, store)
    assert state_of(store).pushes.data["origin"].tolist() == [PushOrigin.SHADOW] * 2
    (decision,), (push,) = decide(after.records[2:], SETTINGS, store)
    assert (decision["outcome"], decision["policy"]["cap_used"]) == ("recommended", 0)
    assert push["action"] == "upsert"
    assert state_of(store).pushes.data["origin"].tolist() == [PushOrigin.PUBLISHED]


def test_what_was_published_live_is_taken_back_in_shadow_too():
    store = MemoryStore()
    log = favourites(0)
    decide(log.records, SETTINGS, store)
    log.click("anna", "fav", "kettle", NOON_MS + 2 * HOUR_MS)
    decide(log.records[1:], SHADOW, store)
    log.context("anna", NOON_MS + 3 * HOUR_MS, consent={"push": False})
    _, spoken = decide(log.records[2:], SHADOW, store)
    assert [record["action"] for record in spoken] == ["cancel"]
