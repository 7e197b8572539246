"""Closed vocabularies: what an event, a trigger, a context field or a reason can be.

Numbers go into packed state rows and feature rows: append, never renumber.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


class EventType(IntEnum):
    """What a user did, and in which situation they were; one tile counter each."""

    VIEW = 0
    SEARCH = 1
    CART = 2
    REMOVE_CART = 3
    FAV = 4
    SHARE = 5
    FOLLOW = 6
    LIKE = 7
    COMMENT = 8
    PURCHASE = 9
    RETURN = 10
    CANCEL = 11
    APP_MINUTES = 12
    IN_MOBILE_COMMUTE = 13
    IN_MOBILE_HOME = 14
    IN_DESKTOP_WORK = 15
    IN_DESKTOP_HOME = 16
    IN_STORE = 17
    TRAVELLING = 18
    ON_CELLULAR = 19
    ON_WIFI = 20
    ON_DESKTOP = 21


DEEDS = tuple(kind for kind in EventType if kind < EventType.APP_MINUTES)
"""What a user did; the other types measure the situation they were in."""

CLICK_EVENTS: dict[str, EventType] = {
    kind.name.lower(): kind for kind in EventType if kind <= EventType.COMMENT
}
"""Event names a click may carry after the mapping in settings."""

PURCHASE_STATUSES: dict[str, EventType] = {
    "placed": EventType.PURCHASE,
    "returned": EventType.RETURN,
    "cancelled": EventType.CANCEL,
}


class ContextField(IntEnum):
    """A last-known value of the user's situation."""

    DEVICE = 0
    OS = 1
    APP_VERSION = 2
    LOCALE = 3
    TIMEZONE = 4
    COUNTRY = 5
    REGION = 6
    CELL = 7
    PLACE = 8
    NETWORK = 9
    SCENE = 10
    CONSENT_PUSH = 11
    CONSENT_PERSONALISATION = 12
    INTEREST_1 = 13
    INTEREST_2 = 14
    INTEREST_3 = 15
    INTEREST_4 = 16
    INTEREST_5 = 17
    INTEREST_6 = 18
    INTEREST_7 = 19
    INTEREST_8 = 20
    SEGMENT_1 = 21
    SEGMENT_2 = 22
    SEGMENT_3 = 23
    SEGMENT_4 = 24
    WORD_1 = 25
    WORD_2 = 26
    WORD_3 = 27
    WORD_4 = 28
    SHARES_PURCHASES = 29
    FRIEND_1 = 30
    FRIEND_2 = 31
    FRIEND_3 = 32
    FRIEND_4 = 33
    FRIEND_5 = 34
    FRIEND_6 = 35
    FRIEND_7 = 36
    FRIEND_8 = 37
    FRIEND_9 = 38
    FRIEND_10 = 39
    FRIEND_11 = 40
    FRIEND_12 = 41


CONSENTS = (ContextField.CONSENT_PUSH, ContextField.CONSENT_PERSONALISATION)
"""What a user allows: answers to these belong to the journal, not to the facts."""
INTERESTS = tuple(field for field in ContextField if field.name.startswith("INTEREST_"))
SEGMENTS = tuple(field for field in ContextField if field.name.startswith("SEGMENT_"))
"""What a profile names, in its order; a profile tells all of them at once."""
WORDS = tuple(field for field in ContextField if field.name.startswith("WORD_"))
"""The first words of the latest search, as keyed hashes; a search tells all of them at once."""
FRIENDS = tuple(field for field in ContextField if field.name.startswith("FRIEND_"))
"""Whom a user follows: the first 64 bits of pseudonyms; a social record tells all of them at once."""


class TriggerKind(IntEnum):
    """Why a decision is asked for. `RETRACT` asks whether a published push still stands."""

    CART_LEFT = 0
    REPEAT_ITEM = 1
    REPEAT_CATEGORY = 2
    FAVOURITE = 3
    SEARCH_LEFT = 4
    FOLLOW_UP = 5
    CONTEXT_CHANGE = 6
    RETRACT = 7
    PRICE_DROP = 8
    RESTOCK = 9
    NEW_ARRIVAL = 10


NEWS = (TriggerKind.PRICE_DROP, TriggerKind.RESTOCK, TriggerKind.NEW_ARRIVAL)
"""What a change in the catalogue asks for; such a push is about that very item."""


CANDIDATE_SOURCES = (
    "own_recent",
    "cart_left",
    "favourites",
    "neighbours",
    "category_trending",
    "trending",
    "arrivals",
    "ease",
    "followers",
    "complement",
    "price_drop",
    "repurchase",
    "rediscovered",
    "catalogue_news",
    "near_hot",
    "told_interests",
    "searched",
    "session_neighbours",
    "content",
    "segment_trending",
    "friends_bought",
)
"""Names of the sources of candidates by their bit: a ranker's columns are called after them."""


class PushStatus(IntEnum):
    """Where a published recommendation stands in the user's journal."""

    PUBLISHED = 0
    SENT = 1
    DELIVERED = 2
    OPENED = 3
    CONVERTED = 4
    DISMISSED = 5
    NOT_INTERESTED = 6
    EXPIRED = 7
    SKIPPED = 8
    FAILED = 9
    OPTED_OUT = 10
    RATING = 11
    CANCELLED = 12


class PushOrigin(IntEnum):
    """What a row of the pushes stands for.

    SHADOW: decided with ``publish = shadow``, never published. PAST: decided while the partition caught
    up with a log of before its start: whether somebody published that id, only a receipt tells.
    """

    PUBLISHED = 0
    SHADOW = 1
    PAST = 2


class Scene(IntEnum):
    """The recognised situation; the order of the scene model's output vector."""

    UNKNOWN = 0
    MOBILE_COMMUTE = 1
    MOBILE_HOME = 2
    DESKTOP_WORK = 3
    DESKTOP_HOME = 4
    IN_STORE = 5
    TRAVELLING = 6


class DeadReason(StrEnum):
    """Why an input record could not be accepted: one code for each kind of fault."""

    EMPTY_VALUE = "empty_value"
    VALUE_TOO_LARGE = "value_too_large"
    NOT_JSON = "not_json"
    NOT_OBJECT = "not_object"
    BAD_UTF8 = "bad_utf8"
    LONE_SURROGATE = "lone_surrogate"
    NESTED_TOO_DEEP = "nested_too_deep"
    NOT_FINITE = "not_finite"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NULL_KEY = "null_key"
    KEY_MISMATCH = "key_mismatch"
    EMPTY_ID = "empty_id"
    ID_TOO_LONG = "id_too_long"
    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_STATUS = "unknown_status"
    TS_SECONDS = "ts_seconds"
    TS_MICROSECONDS = "ts_microseconds"
    TS_NEGATIVE = "ts_negative"
    TS_INVALID = "ts_invalid"
    TS_WITHOUT_ZONE = "ts_without_zone"
    TS_FUTURE = "ts_future"
    BAD_QUANTITY = "bad_quantity"
    BAD_PRICE = "bad_price"
    UNKNOWN_CURRENCY = "unknown_currency"
    NO_LINES = "no_lines"
    BAD_LOCATION = "bad_location"
    UNKNOWN_ZONE = "unknown_zone"
    BAD_RATING = "bad_rating"
    NUMBER_TOO_LARGE = "number_too_large"
    YES_IN_FUTURE = "yes_in_future"
    UNKNOWN_VERSION = "unknown_schema_version"
    RECORD_TS_IMPOSSIBLE = "record_ts_impossible"
    RECORD_TS_FUTURE = "record_ts_future"
    INTERNAL_ERROR = "internal_error"
    UNREAD = "unread"
    USER_SET_ASIDE = "user_set_aside"
    UNKNOWN_COMMAND = "unknown_command"


COMMITTED_VERDICTS = frozenset(
    {
        DeadReason.RECORD_TS_FUTURE,
        DeadReason.INTERNAL_ERROR,
        DeadReason.UNREAD,
        DeadReason.USER_SET_ASIDE,
    }
)
"""Reasons that do not follow from the record alone: given once, by the worker that took it in, and from
then on read from `dead-letters`, never judged again."""


class StopReason(StrEnum):
    """Why a decision ended without a recommendation."""

    TOO_MANY_DECISIONS = "too_many_decisions"
    NO_CONSENT = "no_consent"
    QUIET_HOURS = "quiet_hours"
    CAP_REACHED = "cap_reached"
    MIN_GAP = "min_gap"
    NO_CANDIDATES = "no_candidates"
    RECENTLY_PUSHED = "recently_pushed"
    RECENTLY_BOUGHT = "recently_bought"
    BELOW_THRESHOLD = "below_threshold"
    HOLDOUT = "holdout"
    SHADOW = "shadow"
    TOO_SHORT = "life_too_short"
    INTERNAL_ERROR = "internal_error"
    REASON_GONE = "reason_gone"
    FORGOTTEN = "forgotten"
    MAYBE_BOUGHT = "maybe_bought"
    CAUGHT_UP = "caught_up"


class Standing(IntEnum):
    """Whether what a timer waited for still holds; FORGOTTEN: the lines that would tell were let go."""

    STANDS = 0
    GONE = 1
    FORGOTTEN = 2


def among(numbers: NDArray[Any], members: tuple[IntEnum, ...]) -> NDArray[np.bool_]:
    """Return where a column of a vocabulary's numbers is one of ``members``.

    A look-up, many times faster than `numpy.isin`.
    """
    return np.asarray(_member(members)[numbers], np.bool_)


@lru_cache(maxsize=256)
def _member(members: tuple[IntEnum, ...]) -> NDArray[np.bool_]:
    table = np.zeros(256, bool)  # the columns are bytes
    table[[int(member) for member in members]] = True
    return table
