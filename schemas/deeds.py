"""What hard rules read, in tables of their own: raw lines, the newest of each user.

Beside each table the row's head says until when lines of it were forgotten: what is not in the table and
is later than that did not happen.
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.vocabulary import EventType


class Table(NamedTuple):
    """Which facts a section keeps, how many of the newest by (ts, event, line), and the column of the
    head with the time of the newest that was forgotten (ms, `NEVER_MS`: none was).
    """

    types: tuple[EventType, ...]
    most: int
    forgot: str


TABLES = {
    "orders": Table(
        (EventType.PURCHASE, EventType.RETURN, EventType.CANCEL), 256, "orders_forgot_ms"
    ),
    "carts": Table((EventType.CART, EventType.REMOVE_CART), 128, "carts_forgot_ms"),
}
