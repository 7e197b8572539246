"""Everything shared across users: signals from the partitions, numbered epochs from the learner."""

from __future__ import annotations

import msgspec

from schemas.unreadable import UNREADABLE


class Signals(msgspec.Struct, kw_only=True, array_like=True):
    """The accepted facts of one batch, as little-endian packed columns of equal length.

    ``users``, ``items``, ``categories``: uint64 hashes; ``types``: uint8 `EventType`;
    ``ts_ms``: int64. ``names`` gives the text of hashes the sender saw for the first time.
    ``stream_ms`` is the partition's stream time after the batch. ``cells``: uint64 hash of the user's
    coarse cell at each fact, 0 not known; empty: of nobody. ``pushed``, ``pushed_ms``: uint64 items that were recommended and int64 when that
    was decided; ``segments``: as ``cells``, of the first segment of the user's profile; ``shared``: uint8 a fact, 1
    where friends may hear of it, empty: of none; ``unshared``: uint64 users of whom nothing
    from before is to be told any more; ``back_ms``: the partition's time was brought back to this, 0: it was not.
    MessagePack on the wire.
    """

    schema_version: int
    partition: int
    stream_ms: int
    users: bytes
    items: bytes
    categories: bytes
    types: bytes
    ts_ms: bytes
    names: dict[int, str]
    cells: bytes = b""
    pushed: bytes = b""
    pushed_ms: bytes = b""
    segments: bytes = b""
    shared: bytes = b""
    unshared: bytes = b""
    back_ms: int = 0


class Demand(msgspec.Struct, kw_only=True, array_like=True, frozen=True):
    """Observed and expected events of categories, as little-endian packed columns, sorted by key.

    ``keys``: uint64 category hashes, 0 is all events together. Of the last whole hour and of the
    last whole local day: events ``observed`` and ``expected``, and ``trend``, standard deviations
    off in [-8, 8] smoothed over about five steps (0: as expected, or too new to say); float32.
    ``next_hour``, ``next_day``: what is expected of the step under way. ``season``: log of the
    category's share of this calendar month's events over its share of all; ``repurchase_days``:
    after how many days users usually buy in it again; NaN where nothing is known.
    """

    keys: bytes = b""
    hour_observed: bytes = b""
    hour_expected: bytes = b""
    hour_trend: bytes = b""
    next_hour: bytes = b""
    day_observed: bytes = b""
    day_expected: bytes = b""
    day_trend: bytes = b""
    next_day: bytes = b""
    season: bytes = b""
    repurchase_days: bytes = b""


class Activity(msgspec.Struct, kw_only=True, frozen=True):
    """When users are active, as little-endian float32 columns; empty: nothing is known.

    ``segments``: kinds of users, a profile over the 24 local hours each; ``shares``: of users in
    each; ``week``: Monday first, 24 hours a day, log of that hour's activity against the average
    day's; ``own_strength``, ``segment_strength``, ``weights``: see `models.sendtime.activity`.
    """

    segments: bytes = b""
    shares: bytes = b""
    week: bytes = b""
    own_strength: float = 100.0
    segment_strength: float = 60.0
    weights: tuple[float, ...] = ()


class Wakes(msgspec.Struct, kw_only=True, array_like=True, frozen=True):
    """Who is to be asked about a change in the catalogue, as little-endian packed columns.

    ``users``: uint64, the first bytes of the pseudonyms; ``partitions``: uint32, where they are;
    ``items``: uint64 hashes; ``kinds``: uint8 `TriggerKind`. Sorted by partition.
    """

    users: bytes = b""
    partitions: bytes = b""
    items: bytes = b""
    kinds: bytes = b""


class Epoch(msgspec.Struct, kw_only=True):
    """One version of the shared knowledge; holds from stream time ``holds_from_ms`` on.

    ``number``: see `epoch_number`; epochs of earlier builds were counted 1, 2, 3 instead.
    Packed little-endian columns: uint64 item hashes and float32 scores.
    ``trending`` is best first; ``category_trending``, ``neighbours`` ``cell_trending`` (by coarse
    cell) and ``segment_trending`` map a hash to (items, scores), best first; ``arrivals`` is newest first. ``exposure``: the most
    pushed items of the last 24 hours with their shares of the pushes; ``cold_share``: of items without
    neighbours, null: nothing was pushed. ``described`` maps an item that
    was launched lately to the known ones that it is described like, ``words`` the keyed hash of a word
    to the items that it finds, ``bought_by`` the first 64 bits of the pseudonym of a user who shares purchases
    to the latest (the first two are of items that the catalogue has). ``names`` gives the text of every
    other hash that occurs; ``categories_of`` gives an item's category. ``since``: the first offset on `signals`
    after time was last brought back, 0: it never was; of two epochs the newer is the one with the larger (since,
    number). MessagePack on the wire.
    """

    schema_version: int = 1
    number: int
    holds_from_ms: int
    since: int = 0
    catalog_version: int = 0
    trending: tuple[bytes, bytes] = (b"", b"")
    category_trending: dict[int, tuple[bytes, bytes]] = {}
    neighbours: dict[int, tuple[bytes, bytes]] = {}
    arrivals: tuple[bytes, bytes] = (b"", b"")
    cell_trending: dict[int, tuple[bytes, bytes]] = {}
    segment_trending: dict[int, tuple[bytes, bytes]] = {}
    exposure: tuple[bytes, bytes] = (b"", b"")
    cold_share: float | None = None
    categories_of: dict[int, int] = {}
    described: dict[int, tuple[bytes, bytes]] = {}
    words: dict[int, tuple[bytes, bytes]] = {}
    bought_by: dict[int, tuple[bytes, bytes]] = {}
    demand: Demand = Demand()
    activity: Activity = Activity()
    wakes: Wakes = Wakes()
    names: dict[int, str] = {}
    lambda_t: float | None = None
    lambda_c: float | None = None
    bias: float | None = None


def epoch_number(holds_from_ms: int) -> int:
    """Return the number of the epoch that holds from then on: the boundary itself, milliseconds UTC.

    So it rises with time whatever is on the topic, and no two epochs share one.
    """
    return holds_from_ms


class EpochHead(msgspec.Struct, kw_only=True):
    """What of an `Epoch` tells it from others."""

    number: int
    holds_from_ms: int
    since: int = 0


def read_head(value: bytes | None) -> EpochHead | None:
    """Return the head of an encoded epoch, None for anything else."""
    try:
        return msgspec.msgpack.decode(value or b"", type=EpochHead)
    except UNREADABLE:
        return None


class Snapshot(msgspec.Struct, kw_only=True, array_like=True, frozen=True):
    """All that a learner knew when it made an epoch; MessagePack on the wire, in parts.

    ``holds_from_ms``: of that epoch; ``next_offset``: first record of `signals` that is not in
    ``state``, which is the learner's own; ``made_with``: what a learner must be made with to go on from it;
    ``since``: of that epoch; ``skipped``: records of `signals` that learners could not use, wholly or in part.
    """

    schema_version: int = 1
    made_with: str
    holds_from_ms: int
    next_offset: int
    state: bytes
    since: int = 0
    skipped: int = 0
