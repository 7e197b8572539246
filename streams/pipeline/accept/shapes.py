"""How a topic's values look: the decoders of its record, and the names it knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from schemas.events import Click, Consent, Context, Profile, Purchase, PurchaseLine, Social
from schemas.receipts import PushReceipt
from streams.pipeline.accept.soundness import (
    check_click,
    check_context,
    check_profile,
    check_purchase,
    check_receipt,
    check_social,
    sound_id,
    sound_line,
)
from streams.pipeline.accept.validate import (
    ALWAYS_SHORT,
    MAX_LINES,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_REVISION,
)
from streams.shared.faults import Fault

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=ALWAYS_SHORT)]
_Pieces = Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]
_Price = Annotated[int, msgspec.Meta(ge=0, le=MAX_PRICE)]
SoundEntry = Callable[[str, Any, list[Fault]], Any]


class _Click(Click, kw_only=True, gc=False, forbid_unknown_fields=True):
    event_id: _Id
    user_id: _Id
    item_id: _Id | None = None
    category_id: _Id | None = None
    session_id: _Id | None = None
    quantity: _Pieces | None = None
    price_minor: _Price | None = None
    device: _Id | None = None
    schema_version: Literal[1] = 1


class _Line(PurchaseLine, kw_only=True, gc=False, forbid_unknown_fields=True):
    item_id: _Id
    quantity: _Pieces | None = None
    unit_price_minor: _Price | None = None
    category_id: _Id | None = None


class _Purchase(Purchase, kw_only=True, gc=False, forbid_unknown_fields=True):
    event_id: _Id
    user_id: _Id
    order_id: _Id
    lines: Annotated[list[_Line], msgspec.Meta(min_length=1, max_length=MAX_LINES)]  # type: ignore[assignment]
    schema_version: Literal[1] = 1


class _Consent(Consent, kw_only=True, gc=False, forbid_unknown_fields=True):
    push: bool | msgspec.UnsetType | None = msgspec.UNSET
    personalisation: bool | msgspec.UnsetType | None = msgspec.UNSET


class _Context(Context, kw_only=True, gc=False, forbid_unknown_fields=True):
    event_id: _Id
    user_id: _Id
    consent: _Consent | msgspec.UnsetType | None = msgspec.UNSET
    schema_version: Literal[1] = 1


class _Profile(Profile, kw_only=True, gc=False, forbid_unknown_fields=True):
    user_id: _Id
    segments: list[_Id] = msgspec.field(default_factory=list)
    interests: list[_Id] = msgspec.field(default_factory=list)
    consent: _Consent | msgspec.UnsetType | None = msgspec.UNSET
    schema_version: Literal[1] = 1


class _Receipt(PushReceipt, kw_only=True, gc=False, forbid_unknown_fields=True):
    user_id: _Id
    recommendation_id: _Id
    device_id: _Id | None = None
    revision: Annotated[int, msgspec.Meta(ge=0, le=MAX_REVISION)] | None = None
    consent: _Consent | msgspec.UnsetType | None = msgspec.UNSET
    schema_version: Literal[1] = 1


class _Social(Social, kw_only=True, gc=False, forbid_unknown_fields=True):
    user_id: _Id
    friends: list[_Id] = msgspec.field(default_factory=list)
    schema_version: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """A record type: ``strict`` refuses unknown fields and all that ``check`` may, ``lenient`` skips them.

    ``nested`` gives the known names inside a field that holds an object or a list of them;
    ``kind``: the lenient struct; ``needed``: fields that a record cannot be without; ``entries``: what
    makes of an entry of a list the sound part of it, see `streams.pipeline.accept.soundness`.
    ``forgets``: what a record without a value stands for, of a user at a time; None: for nothing.
    """

    strict: msgspec.json.Decoder[Any]
    lenient: msgspec.json.Decoder[Any]
    check: Callable[[Any], None]
    names: frozenset[str]
    nested: dict[str, frozenset[str]]
    kind: type[msgspec.Struct]
    needed: frozenset[str]
    entries: dict[str, SoundEntry]
    forgets: Callable[[str, int], Any] | None = None

    def unknown_in(self, found: dict[str, Any]) -> int:
        """Count the fields of a decoded object, and of objects inside it, that nobody knows."""
        unknown = len(found.keys() - self.names)
        for field, names in self.nested.items():
            inner = found.get(field)
            for entry in inner if isinstance(inner, list) else [inner]:
                unknown += len(entry.keys() - names) if isinstance(entry, dict) else 0
        return unknown


def _shape(
    strict: type[msgspec.Struct],
    lenient: type[msgspec.Struct],
    check: Callable[[Any], None],
    nested: dict[str, type[msgspec.Struct]],
    entries: dict[str, SoundEntry],
    forgets: Callable[[str, int], Any] | None = None,
) -> Shape:
    needed = {field.name for field in msgspec.structs.fields(lenient) if field.required}
    return Shape(
        msgspec.json.Decoder(strict),
        msgspec.json.Decoder(lenient),
        check,
        frozenset(lenient.__struct_fields__),
        {name: frozenset(kind.__struct_fields__) for name, kind in nested.items()},
        lenient,
        frozenset(needed | {"schema_version"} | entries.keys()),
        entries,
        forgets,
    )


def _no_friends(user_id: str, ts_ms: int) -> Social:
    return Social(user_id=user_id, ts=ts_ms)


SHAPES: dict[str, Shape] = {
    "clicks": _shape(_Click, Click, check_click, {}, {}),
    "purchases": _shape(
        _Purchase, Purchase, check_purchase, {"lines": PurchaseLine}, {"lines": sound_line}
    ),
    "context": _shape(_Context, Context, check_context, {"consent": Consent}, {}),
    "profiles": _shape(
        _Profile,
        Profile,
        check_profile,
        {"consent": Consent},
        {"segments": sound_id, "interests": sound_id},
    ),
    "social": _shape(_Social, Social, check_social, {}, {"friends": sound_id}, _no_friends),
    "push-receipts": _shape(_Receipt, PushReceipt, check_receipt, {"consent": Consent}, {}),
}
"""The user topics whose values are read."""
