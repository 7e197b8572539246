"""Knowledge that all users share: the catalogue, and the learner's epochs as they arrive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.bundle.tables import ItemTables
from models.features.pairs import nothing_told
from models.sendtime import NOTHING_KNOWN, ActivityModel
from schemas.globals import Demand, Epoch, Wakes
from schemas.ids import hash64
from schemas.state import NEVER_MS
from schemas.tables import SourceRecord
from schemas.unreadable import UNREADABLE
from streams.knowledge.catalogue import Catalogue, Times
from streams.knowledge.epoch_view import EpochView
from streams.knowledge.sound_item import sound_item
from streams.shared.faults import Fault
from streams.shared.times import LAST_MS, is_possible

NO_TABLES = ItemTables()

__all__ = ["MAX_EPOCHS", "EpochView", "Knowledge", "Shared"]

MAX_EPOCHS = 8
"""Epochs kept: a partition that lags adopts the newest that holds, older ones are never asked for
except by a partition that still decides with one."""
INITIAL_NUMBER = 0
"""The epoch that came with a bundle: before all of the learner's, whose numbers are their boundaries."""


@dataclass(slots=True, frozen=True)
class Shared:
    """What a decision may know beside the user's own row; ``tables``: the bundle's item lists."""

    epoch: EpochView | None
    catalogue: Catalogue
    tables: ItemTables = NO_TABLES

    def activity(self) -> ActivityModel:
        """Return when users are active: the epoch's, else a model that knows nothing."""
        return NOTHING_KNOWN if self.epoch is None else self.epoch.activity

    def facts_of(self, categories: NDArray[np.uint64]) -> NDArray[Any]:
        """Return what the epoch tells of each category: `CATEGORY_FACTS`, NaN where nothing."""
        if self.epoch is None:
            return nothing_told(categories)
        return self.epoch.demand.facts_of(categories)

    def categories(self, items: NDArray[np.uint64], at_ms: Times) -> NDArray[np.uint64]:
        """Return the category of each item at a time: the catalogue's, else the epoch's, else 0."""
        return self.offers(items, at_ms)[0]

    def offers(
        self, items: NDArray[np.uint64], at_ms: Times
    ) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """Return `categories`, and whether each item is known not to be on offer."""
        found, gone = self.catalogue.offers(items, at_ms)
        missing = (found == 0).nonzero()[0]
        if self.epoch is not None and len(missing):
            found[missing] = self.epoch.categories(items[missing])
        return found, gone


class Knowledge:
    """The catalogue and the newest epochs; ``tables``: item lists that hold instead of a bundle's, if any.

    ``initial``: the epoch stored in a bundle; it holds from the beginning, as number 0.
    ``zero_is_price``: see `Catalogue`.
    """

    def __init__(self, initial: Epoch | None = None, zero_is_price: bool = False) -> None:
        self.catalogue = Catalogue(zero_is_price)
        self.tables: ItemTables | None = None
        self._epochs: list[EpochView] = []
        if initial is not None:
            # Demand is news of its day: what was a trend or new in training says nothing now.
            start = msgspec.structs.replace(
                initial,
                number=INITIAL_NUMBER,
                holds_from_ms=NEVER_MS,
                demand=Demand(),
                wakes=Wakes(),
                exposure=(b"", b""),
                cold_share=None,
                described={},
                words={},
                bought_by={},
            )
            self._epochs.append(EpochView.decode(start))

    def apply_catalog(self, record: SourceRecord) -> str | None:
        """Take in what is sound of a catalogue record, which holds from its timestamp on.

        Returns why it, or a field of it, does not count, else None.
        """
        if is_possible(record.timestamp_ms):
            self.catalogue.reading.note(record.partition, record.offset, record.timestamp_ms)
        try:
            name, version, value, faults = sound_item(record, self.catalogue.zero_is_price)
        except Fault as fault:
            return fault.sentence
        self.catalogue.put(name, version, value, record.timestamp_ms)
        return f"without {', '.join(fault.field for fault in faults)}" if faults else None

    def apply_epoch(self, value: bytes) -> str | None:
        """Take in an epoch (MessagePack); return why it cannot be read, else None.

        One that is not newer than the newest is ignored: the topic repeats itself. When time was brought
        back, those that hold later than the first one after it are gone: they were of a time that never came.
        """
        try:
            epoch = msgspec.msgpack.decode(value, type=Epoch)
            # any other text would make an item's name depend on what came in the same batch
            names = {number: text for number, text in epoch.names.items() if hash64(text) == number}
            view = EpochView.decode(msgspec.structs.replace(epoch, names=names))
        except (*UNREADABLE, ValueError, OverflowError) as error:
            return f"not an epoch: {error}"
        if view.holds_from_ms > LAST_MS:
            return "not an epoch: it holds only after 2100"
        if (view.since, view.number) > self._newest():
            if self._epochs and view.since > self._epochs[-1].since:
                self._epochs = [epoch for epoch in self._epochs if epoch.number < view.number]
            self._epochs.append(view)
            del self._epochs[:-MAX_EPOCHS]
        return None

    def newest(self) -> EpochView | None:
        """Return the epoch with the largest number, whether it holds yet or not."""
        return self._epochs[-1] if self._epochs else None

    def current(self, number: int) -> EpochView | None:
        """Return the epoch with this number, which a partition adopted; None: it is not here."""
        return next((epoch for epoch in self._epochs if epoch.number == number), None)

    def is_gone(self, number: int) -> bool:
        """Whether the epoch that a partition adopted is here no more: no other stands in for it."""
        return number != INITIAL_NUMBER and self.current(number) is None

    def next_after(self, number: int, stream_ms: int) -> EpochView | None:
        """Return the newest epoch after ``number`` that holds at ``stream_ms``, if any."""
        holding = [
            epoch
            for epoch in self._epochs
            if epoch.number > number and epoch.holds_from_ms <= stream_ms
        ]
        return holding[-1] if holding else None

    def holding(self, at_ms: int, left: Collection[int]) -> int:
        """Return the number of the newest epoch that holds at ``at_ms``, `INITIAL_NUMBER` for none.

        The numbers in ``left`` are left out.
        """
        holding = (e.number for e in self._epochs if e.holds_from_ms <= at_ms)
        return max((number for number in holding if number not in left), default=INITIAL_NUMBER)

    def before(self, number: int) -> int:
        """Return the number of the epoch before one; `INITIAL_NUMBER`: there is none, or the bundle's."""
        return max((e.number for e in self._epochs if e.number < number), default=INITIAL_NUMBER)

    def pending(self, number: int, left: Collection[int]) -> list[EpochView]:
        """Return the epochs after ``number`` in the order in which a partition adopts them.

        Sorted by ``holds_from_ms``; one that would begin to hold after a newer one is left out, and so are
        the numbers in ``left``.
        """
        waiting = [e for e in self._epochs if e.number > number and e.number not in left]
        adopted: list[EpochView] = []
        for epoch in sorted(waiting, key=lambda e: (e.holds_from_ms, e.number)):
            if not adopted or epoch.number > adopted[-1].number:
                adopted.append(epoch)
        return adopted

    def asks(self, partition: int, number: int) -> bool:
        """Whether an epoch after ``number`` asks users of a partition something."""
        return any(len(epoch.wakes.of(partition)) for epoch in self.pending(number, ()))

    def names(self, number: int) -> str | None:
        """Return the text of a hash: from the catalogue, else from the newest epoch that has it."""
        found = self.catalogue.name(number)
        if found is not None:
            return found
        texts = (epoch.names.get(number) for epoch in reversed(self._epochs))
        return next((text for text in texts if text is not None), None)

    def _newest(self) -> tuple[int, int]:
        newest = self.newest()
        return (0, INITIAL_NUMBER) if newest is None else (newest.since, newest.number)
