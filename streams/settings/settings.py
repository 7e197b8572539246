"""Every setting of Kairos: default, bounds, unit and one sentence."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

WRITTEN = (
    *("decisions", "recommendations", "suppressions", "outcomes", "late", "dead-letters"),
    *("signals", "globals", "snapshots"),
)
"""Topics that a deployment writes; ticks go into the sequence that all deployments read."""
ITEM_ID = "{item_id}"
"""Stands for the item's id, percent-encoded, in `deep_link`."""
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _is(unit: str, sentence: str, low: float | None = None, high: float | None = None) -> Meta:
    """Describe a setting: its unit, one sentence and its closed bounds."""
    return Meta(description=sentence, ge=low, le=high, extra={"unit": unit})


def _clock(sentence: str) -> Meta:
    """Describe a time of day."""
    return Meta(description=sentence, pattern=_CLOCK, extra={"unit": "HH:MM"})


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a deployment can change. Immutable once read."""

    # identity
    tenant: Annotated[str, _is("name", "The shop this deployment serves; part of every id.")] = (
        "default"
    )
    app_id: Annotated[str, _is("name", "Consumer group and prefix of transactional ids.")] = (
        "kairos"
    )
    secret: Annotated[
        str, _is("text", "Key of pseudonyms and sealed ids; empty: one is kept in `data_dir`.")
    ] = ""
    # kafka
    broker: Annotated[str, _is("host:port list", "Bootstrap servers of the Kafka cluster.")] = (
        "localhost:9092"
    )
    partitions: Annotated[int, _is("partitions", "Partitions of the user topics.", 1, 4096)] = 4
    replication: Annotated[int, _is("copies", "Replication factor of created topics.", 1, 9)] = 1
    min_insync: Annotated[int, _is("copies", "min.insync.replicas of created topics.", 1, 9)] = 1
    topic_prefix: Annotated[str, _is("text", "Put before every topic name.")] = ""
    output_prefix: Annotated[
        str, _is("text", "Put before the topics that it writes instead; empty: `topic_prefix`.")
    ] = ""
    instance_id: Annotated[str, _is("name", "Static group membership; empty: dynamic.")] = ""
    session_timeout_ms: Annotated[
        int, _is("ms", "Silence after which a worker is dead.", 1000, 600_000)
    ] = 6_000
    batch_records: Annotated[
        int, _is("records", "Largest merged batch of a partition.", 1, 100_000)
    ] = 2_000
    merge_wait_ms: Annotated[
        int, _is("ms", "Longest wait for a co-partitioned topic that lags.", 0, 60_000)
    ] = 500
    fetch_wait_ms: Annotated[
        int, _is("ms", "Longest wait of a fetch on a quiet topic.", 1, 1_500)
    ] = 50
    tick_ms: Annotated[int, _is("ms", "Pause between ticks of a quiet partition.", 100, 60_000)] = (
        1_000
    )
    data_dir: Annotated[str, _is("path", "Where RocksDB and the embedded broker live.")] = ".kairos"
    state_memory_mib: Annotated[
        int, _is("MiB", "Memory for state: half for cached rows, half for RocksDB.", 16, 1_048_576)
    ] = 512
    web_port: Annotated[
        int, _is("port", "Port of the worker's web server; 0: none.", 0, 65_535)
    ] = 0
    most_set_aside_percent: Annotated[
        int,
        _is(
            "%",
            "Share of a partition's last 200 records that may be set aside; beyond, it pauses.",
            1,
            100,
        ),
    ] = 50
    web_bind: Annotated[
        str, _is("address", "Where the web server listens; 0.0.0.0: for everybody who gets there.")
    ] = "127.0.0.1"
    # accept
    event_names: Annotated[
        dict[str, str], _is("name -> event", "How a shop's event names map to ours.")
    ] = msgspec.field(default_factory=dict)
    social: Annotated[
        Literal["off", "on"],
        _is("topic", "on: read `social`, who follows whom and shares purchases."),
    ] = "off"
    max_value_bytes: Annotated[int, _is("bytes", "Largest input value.", 1024, 16_777_216)] = (
        1_048_576
    )
    lateness_ms: Annotated[
        int, _is("ms", "Horizon behind the user's newest event.", 60_000, 2_592_000_000)
    ] = 604_800_000
    yes_ahead_ms: Annotated[
        int,
        _is(
            "ms", "How far a yes may be ahead of its record; beyond, it is refused.", 0, 86_400_000
        ),
    ] = 60_000
    zero_price: Annotated[
        Literal["unknown", "price"],
        _is("rule", "What a price of 0 says: nothing, or that the item is free."),
    ] = "unknown"
    cell_resolution: Annotated[
        int, _is("resolution", "H3 resolution of the coarse cell.", 0, 7)
    ] = 5
    # aggregate
    recent_events: Annotated[int, _is("events", "Newest events kept per user.", 8, 1_000)] = 48
    seen_ids: Annotated[
        int, _is("ids", "Event ids remembered per user inside the horizon.", 64, 25_000)
    ] = 4_096
    retention_ms: Annotated[
        int, _is("ms", "Tiles older than this behind the newest go.", 2_592_000_000, 3_283_200_000)
    ] = 2_700_000_000
    default_timezone: Annotated[str, _is("IANA zone", "Zone of a user who told none.")] = "UTC"
    ewma_short_h: Annotated[int, _is("h", "Shortest half-life of smoothed counts.", 1, 90)] = 6
    ewma_middle_h: Annotated[int, _is("h", "A half-life between the others.", 1, 90)] = 24
    ewma_long_h: Annotated[int, _is("h", "Longest half-life of smoothed counts.", 1, 90)] = 72
    default_locale: Annotated[str, _is("BCP 47", "Locale of a user who told none.")] = "en"
    # trigger
    cart_left_ms: Annotated[
        int, _is("ms", "Silence after a cart event before its trigger.", 60_000, 604_800_000)
    ] = 3_600_000
    search_left_ms: Annotated[
        int, _is("ms", "Wait after a search without a purchase.", 60_000, 604_800_000)
    ] = 3_600_000
    follow_up_ms: Annotated[int, _is("ms", "Wait after a purchase.", 3_600_000, 7_776_000_000)] = (
        604_800_000
    )
    repeat_item_views: Annotated[
        int, _is("views", "Views of one item that show interest.", 2, 50)
    ] = 3
    repeat_category_views: Annotated[
        int, _is("views", "Views in one category that show interest.", 2, 50)
    ] = 5
    repeat_window_ms: Annotated[
        int, _is("ms", "Window of repeated interest.", 60_000, 604_800_000)
    ] = 86_400_000
    debounce_ms: Annotated[
        int, _is("ms", "Pause between two triggers of a kind for one user.", 1_000, 604_800_000)
    ] = 21_600_000
    decisions_per_hour: Annotated[
        int, _is("decisions", "Most decisions for one user in an hour of stream time.", 1, 10_000)
    ] = 12
    # policy
    publish: Annotated[
        Literal["live", "shadow"], _is("mode", "shadow: decide all, publish none.")
    ] = "live"
    catch_up: Annotated[
        Literal["silent", "speak"],
        _is("mode", "silent: a new app id pushes nothing for what was in the log at its start."),
    ] = "silent"
    consent_default: Annotated[
        Literal["denied", "granted"], _is("consent", "Consent of a user who said nothing.")
    ] = "denied"
    quiet_start: Annotated[str, _clock("Quiet hours begin, user's wall clock.")] = "22:00"
    quiet_end: Annotated[str, _clock("Quiet hours end; equal to the start: none.")] = "08:00"
    cap_per_day: Annotated[int, _is("pushes", "Most pushes in any rolling 24 hours.", 0, 100)] = 3
    min_gap_ms: Annotated[int, _is("ms", "Least time between two pushes.", 0, 604_800_000)] = (
        3_600_000
    )
    item_cooldown_ms: Annotated[
        int, _is("ms", "No second push of an item within this.", 0, 2_592_000_000)
    ] = 604_800_000
    bought_cooldown_ms: Annotated[
        int, _is("ms", "No push of an item bought within this.", 0, 31_536_000_000)
    ] = 2_592_000_000
    candidate_life_ms: Annotated[
        int, _is("ms", "How long a candidate stays worth sending.", 60_000, 2_419_200_000)
    ] = 86_400_000
    send_time: Annotated[
        Literal["profile", "now"],
        _is("rule", "profile: what can wait goes out when the user is likely to be active."),
    ] = "profile"
    deep_link: Annotated[
        str,
        Meta(
            description="Where a tap leads if the catalogue gives no link; {item_id} is the item.",
            pattern=r"^[a-z][a-z0-9+.-]*:[^\s]*\{item_id\}[^\s]*$",
            max_length=256,
            extra={"unit": "URL"},
        ),
    ] = f"app://item/{ITEM_ID}"
    min_life_ms: Annotated[
        int, _is("ms", "Shortest useful [send_after, expires_at).", 0, 86_400_000)
    ] = 600_000
    min_probability: Annotated[
        float, _is("probability", "Least fused probability to speak.", 0, 1)
    ] = 0.0
    holdout_share: Annotated[float, _is("share", "Decisions held out to measure uplift.", 0, 1)] = (
        0.0
    )
    explore_share: Annotated[float, _is("share", "Decisions that try another candidate.", 0, 1)] = (
        0.0
    )
    diversity: Annotated[
        float, _is("share", "What an item's worth loses if all recent pushes were alike.", 0, 1)
    ] = 0.0
    diversity_likeness: Annotated[
        float, _is("share", "The same for one whose embedding is that of a recent push.", 0, 1)
    ] = 0.0
    novelty: Annotated[
        float, _is("share", "What an item's worth loses if the user knows it already.", 0, 1)
    ] = 0.0
    category_mix: Annotated[
        float, _is("share", "The same by how far its category is pushed beyond interest.", 0, 1)
    ] = 0.0
    item_ceiling: Annotated[
        float, _is("share", "Of a day's pushes one item may have; 1: no limit.", 0.001, 1)
    ] = 1.0
    seller_ceiling: Annotated[
        float, _is("share", "The same for a seller's items together.", 0.001, 1)
    ] = 1.0
    cold_floor: Annotated[
        float, _is("share", "Of a day's pushes items nobody knows yet shall have.", 0, 1)
    ] = 0.0
    # candidates and models
    candidates_per_source: Annotated[
        int, _is("items", "Most items one source may give a user.", 1, 200)
    ] = 20
    candidates_scored: Annotated[
        int, _is("items", "Items per user that reach the experts.", 1, 200)
    ] = 20
    epoch_ms: Annotated[
        int, _is("ms", "Stream time between two epochs of the learner.", 1_000, 2_592_000_000)
    ] = 3_600_000
    news_users: Annotated[
        int,
        _is("users", "Users of a partition asked about catalogue changes, per epoch.", 0, 10_000),
    ] = 500
    bundle: Annotated[str, _is("path", "Model bundle; empty: the shipped reference.")] = ""
    engage_horizon_ms: Annotated[
        int, _is("ms", "Horizon H of the label.", 60_000, 2_592_000_000)
    ] = 86_400_000
    # what may be offered at all
    unknown_items: Annotated[
        Literal["auto", "refuse", "allow"],
        _is(
            "rule",
            "Items the catalogue lacks; allow: if the user touched them; auto: while it is empty.",
        ),
    ] = "auto"
    # where items are sold
    unknown_country: Annotated[
        Literal["allow", "refuse"],
        _is("rule", "Whether users of unknown country are offered items that name regions."),
    ] = "allow"
    # fusion
    lambda_t: Annotated[
        Annotated[float, Meta(ge=-10, le=10)] | None,
        _is("weight, -10 to 10", "Weight of the temporal log-odds; empty: from bundle or epoch."),
    ] = None
    lambda_c: Annotated[
        Annotated[float, Meta(ge=-10, le=10)] | None,
        _is("weight, -10 to 10", "Weight of the context log-odds; empty: from bundle or epoch."),
    ] = None
    lambda_r: Annotated[
        Annotated[float, Meta(ge=0, le=10)] | None,
        _is("weight, 0 to 10", "Weight of the ranker's log-odds; 0: unheard; empty: the bundle's."),
    ] = None
    fusion: Annotated[
        Literal["log_odds", "weighted_sum"], _is("rule", "log_odds, or the article's sum.")
    ] = "log_odds"

    @property
    def half_lives_h(self) -> tuple[int, ...]:
        """Half-lives of the smoothed counts, shortest first."""
        return self.ewma_short_h, self.ewma_middle_h, self.ewma_long_h

    def topic(self, name: str) -> str:
        """The full name of a topic in this deployment."""
        is_own = bool(self.output_prefix) and name in WRITTEN
        return (self.output_prefix if is_own else self.topic_prefix) + name
