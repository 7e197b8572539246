"""The columns of an `EventBatch` while records are added to it, one by one."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import numpy as np

from schemas.ids import NO_ID, hash64, head64
from schemas.money import NO_CURRENCY, NO_PRICE
from schemas.state import NEVER_MS, NO_REVISION
from schemas.tables import CONTEXT_ROW, EVENT_ROW, FACT_ROW, RECEIPT_ROW, EventBatch, SourceRecord
from schemas.timeline import Timeline
from schemas.vocabulary import FRIENDS, WORDS, ContextField
from streams.pipeline.accept.kept_texts import UNREAD, is_kept
from streams.pipeline.accept.validate import event_types
from streams.pipeline.accept.vault import Vault
from streams.settings import Settings
from streams.shared.numbers import whole
from streams.shared.times import FIRST_MS

GRANTED, DENIED = "granted", "denied"
_CODES = {"i4": "i", "i8": "q", "u8": "Q", "u2": "H", "u1": "B"}
_hash64 = lru_cache(maxsize=1 << 16)(hash64)  # of popular items, again and again


def _packer(dtype: np.dtype[Any]) -> Callable[..., bytes]:
    """Return what packs a row of ``dtype``: NumPy takes microseconds to read a tuple."""
    kinds = (dtype[name].str[1:] for name in dtype.names or ())
    return struct.Struct("<" + "".join(_CODES[kind] for kind in kinds)).pack


_EVENT, _FACT, _CONTEXT, _RECEIPT = map(_packer, (EVENT_ROW, FACT_ROW, CONTEXT_ROW, RECEIPT_ROW))


class _Users(dict[str, int]):
    """Users by id: whoever is asked for first gets the next number."""

    def __missing__(self, user_id: str) -> int:
        return self.setdefault(user_id, len(self))


class _Texts(dict[str | None, int]):
    """Hashes of the texts that were asked for; `NO_ID` for none."""

    def __missing__(self, text: str | None) -> int:
        return self.setdefault(text, NO_ID if text is None else _hash64(text))


class Columns:
    """Rows by kind, packed as their dtypes say; users and texts once each."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self.cell_resolution, self.yes_ahead_ms = settings.cell_resolution, settings.yes_ahead_ms
        self.event_types = event_types(settings.event_names)
        self._free = 0 if settings.zero_price == "price" else NO_PRICE
        self._vault = vault
        self.users, self._texts, self._unkept = _Users(), _Texts(), _Texts()
        self._events, self._facts = bytearray(), bytearray()
        self._contexts, self._receipts = bytearray(), bytearray()

    def add_event(self, pos: int, user: int, ts_ms: int, event: int) -> None:
        """Add a deduplicable event."""
        self._events += _EVENT(pos, user, ts_ms, event)

    def add_fact(
        self, pos: int, user: int, ts_ms: int, event: int, kind: int,
        item: str | None = None, category: str | None = None,
        price_minor: int | None = None, currency: int = NO_CURRENCY,
        quantity: float | None = None, line: int = 0,
    ) -> None:  # fmt: skip
        """Add a fact; no quantity, and one that is not whole (a weight), is one piece."""
        price = NO_PRICE if price_minor is None else price_minor or self._free
        told = 1 if quantity is None else whole(quantity)
        pieces = told if isinstance(told, int) else 1
        self._facts += _FACT(
            pos, user, ts_ms, event, self._texts[item], self._texts[category],
            price, currency, pieces, line, kind,
        )  # fmt: skip

    def add_context(
        self, pos: int, user: int, ts_ms: int, event: int, field: ContextField, text: str | None
    ) -> None:
        """Add a told field; None clears it. Free text leaves nothing but its hash.

        Where texts are read, that of free text is another one than of the same text elsewhere: else what
        somebody else tells later would say what it was.
        """
        if field in UNREAD:
            number = self._unkept[text]
        elif text is None or is_kept(field, text):
            number = self._texts[text]
        else:
            number = self._unkept[f"\x00{text}"]
        self._contexts += _CONTEXT(pos, user, ts_ms, event, number, field)

    def add_words(self, pos: int, user: int, ts_ms: int, event: int, words: list[str]) -> None:
        """Add the first words of a search, as hashes whose text nobody keeps."""
        for field, word in zip_longest(WORDS, words[: len(WORDS)]):
            number = NO_ID if word is None else self._vault.word(word)
            self._contexts += _CONTEXT(pos, user, ts_ms, event, number, field)

    def add_friends(self, pos: int, user: int, ts_ms: int, event: int, friends: list[str]) -> None:
        """Add whom a user follows: the first 64 bits of pseudonyms, whose text nobody keeps."""
        for field, friend in zip_longest(FRIENDS, friends[: len(FRIENDS)]):
            number = NO_ID if friend is None else head64(self._vault.pseudonym(friend))
            self._contexts += _CONTEXT(pos, user, ts_ms, event, number, field)

    def add_receipt(
        self, pos: int, user: int, ts_ms: int, number: int, status: int, revision: int | None
    ) -> None:
        """Add a receipt for the recommendation with these 128 bits."""
        low, told = number & (2**64 - 1), NO_REVISION if revision is None else revision
        self._receipts += _RECEIPT(pos, user, ts_ms, number >> 64, low, status, told)

    def batch(self, records: list[SourceRecord], stream_ms: int, dead: list[int]) -> EventBatch:
        """Return everything added as columns.

        ``stream_ms`` is the stream time before; the records at the positions ``dead`` do not move it.
        A "no" without a time of its own (`NEVER_MS`) is of the stream time at its record.
        """
        times = np.array([record.timestamp_ms for record in records], np.int64)
        times[dead] = stream_ms
        reached = np.maximum(np.maximum.accumulate(times), stream_ms)
        contexts = np.frombuffer(self._contexts, CONTEXT_ROW)
        untimed = contexts["ts_ms"] == NEVER_MS
        contexts["ts_ms"][untimed] = np.maximum(reached[contexts["pos"][untimed]], FIRST_MS)
        return EventBatch(
            records,
            Timeline.of(reached, stream_ms),
            [self._vault.pseudonym(user_id) for user_id in self.users],
            list(self.users),
            np.frombuffer(self._events, EVENT_ROW),
            np.frombuffer(self._facts, FACT_ROW),
            contexts,
            np.frombuffer(self._receipts, RECEIPT_ROW),
            {number: text for text, number in self._texts.items() if text is not None},
        )
