"""What shops send: clicks, purchases, context, profiles and friends (DESIGN section 3).

``ts`` is RFC 3339 text with a zone, or integer milliseconds UTC. Unknown fields are ignored and
counted. ``user_id`` must equal the record's key.
"""

from __future__ import annotations

import msgspec

Timestamp = int | str
Answer = bool | int | float | str | None
"""What is told where a yes or no is asked for."""


class Click(msgspec.Struct, kw_only=True, gc=False):
    """A behaviour event: view, search, cart, fav and so on; an item, a query or neither."""

    event_id: str
    user_id: str
    event: str
    ts: Timestamp
    item_id: str | None = None
    category_id: str | None = None
    query: str | None = None
    session_id: str | None = None
    quantity: int | float | None = None
    price_minor: int | None = None
    currency: str | None = None
    device: str | None = None
    schema_version: int = 1


class PurchaseLine(msgspec.Struct, kw_only=True, gc=False):
    """One item of an order; the price is in minor units of the order's currency.

    A quantity that is not whole is a weight or a length: it was bought once. Without one it is one piece,
    without a price that is not known.
    """

    item_id: str
    quantity: int | float | None = None
    unit_price_minor: int | None = None
    category_id: str | None = None


class Purchase(msgspec.Struct, kw_only=True, gc=False):
    """An order that was placed, returned or cancelled."""

    event_id: str
    user_id: str
    order_id: str
    ts: Timestamp
    status: str
    lines: list[PurchaseLine]
    currency: str | None = None
    schema_version: int = 1


class Consent(msgspec.Struct, kw_only=True, gc=False):
    """What the user allows. Absent means no news, null means cleared, which makes no "no" a "yes".

    Yes is ``true`` alone; no is ``false``, 0, or false, 0, no, off, denied, revoked, opted_out or
    unsubscribed in any case.
    """

    push: Answer | msgspec.UnsetType = msgspec.UNSET
    personalisation: Answer | msgspec.UnsetType = msgspec.UNSET


class Context(msgspec.Struct, kw_only=True, gc=False):
    """The user's situation. For every field absent means no news, null means cleared.

    ``lat``/``lon`` are degrees and are kept only as a coarse cell; ``app_minutes`` are minutes
    spent in the app since the last report.
    """

    event_id: str
    user_id: str
    ts: Timestamp
    device: str | msgspec.UnsetType | None = msgspec.UNSET
    os: str | msgspec.UnsetType | None = msgspec.UNSET
    app_version: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: str | msgspec.UnsetType | None = msgspec.UNSET
    timezone: str | msgspec.UnsetType | None = msgspec.UNSET
    country: str | msgspec.UnsetType | None = msgspec.UNSET
    region: str | msgspec.UnsetType | None = msgspec.UNSET
    lat: float | msgspec.UnsetType | None = msgspec.UNSET
    lon: float | msgspec.UnsetType | None = msgspec.UNSET
    place: str | msgspec.UnsetType | None = msgspec.UNSET
    network: str | msgspec.UnsetType | None = msgspec.UNSET
    app_minutes: float | msgspec.UnsetType | None = msgspec.UNSET
    scene: str | msgspec.UnsetType | None = msgspec.UNSET
    consent: Consent | Answer | msgspec.UnsetType = msgspec.UNSET
    schema_version: int = 1


class Profile(msgspec.Struct, kw_only=True, gc=False):
    """Slow facts about a user, from onboarding or a CRM."""

    user_id: str
    ts: Timestamp
    segments: list[str] = []
    interests: list[str] = []
    age_band: str | None = None
    signup_ts: Timestamp | None = None
    groups: dict[str, str] = {}
    consent: Consent | Answer | msgspec.UnsetType = msgspec.UNSET
    schema_version: int = 1


class Social(msgspec.Struct, kw_only=True, gc=False):
    """Whom a user follows, and whether those who follow the user may hear of what the user buys.

    The newest record of a user holds whole; one without a value forgets all of it.
    """

    user_id: str
    ts: Timestamp
    friends: list[str] = []
    shares_purchases: bool = False
    schema_version: int = 1


class Tick(msgspec.Struct, kw_only=True, gc=False):
    """Time passing on a quiet partition: milliseconds UTC, the record's timestamp as well."""

    ts: int
    schema_version: int = 1


class Command(msgspec.Struct, kw_only=True, gc=False):
    """What an operator says to a partition, on `ticks`; the record's key says which command it is.

    ``after``: by full topic name the first offset that the partition had not taken in when it was said; who
    reads the log again puts it there.
    """

    after: dict[str, int]
    schema_version: int = 1


class TimeBack(Command):
    """Key `time-back`: the partition's time goes on from the record's timestamp, which is earlier."""


class Release(Command):
    """Key `release`: records of a user who was set aside count again.

    ``user``: the pseudonym in hex; ``fresh``: whether the row begins again, because it cannot be read.
    """

    user: str
    fresh: bool
