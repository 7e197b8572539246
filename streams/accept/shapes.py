"""How a topic's values look: the decoders of its record, and the names it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.events import Click, Consent, Context, Purchase, PurchaseLine
from schemas.receipts import PushReceipt


class _Click(Click, kw_only=True, gc=False, forbid_unknown_fields=True):
    pass


class _Line(PurchaseLine, kw_only=True, gc=False, forbid_unknown_fields=True):
    pass


class _Purchase(Purchase, kw_only=True, gc=False, forbid_unknown_fields=True):
    lines: list[_Line]  # type: ignore[assignment]


class _Consent(Consent, kw_only=True, gc=False, forbid_unknown_fields=True):
    pass


class _Context(Context, kw_only=True, gc=False, forbid_unknown_fields=True):
    consent: _Consent | msgspec.UnsetType | None = msgspec.UNSET


class _Receipt(PushReceipt, kw_only=True, gc=False, forbid_unknown_fields=True):
    pass


@dataclass(frozen=True, slots=True)
class Shape:
    """A record type: ``strict`` refuses unknown fields, ``lenient`` skips them.

    ``nested`` gives the known names inside a field that holds an object or a list of them.
    """

    strict: msgspec.json.Decoder[Any]
    lenient: msgspec.json.Decoder[Any]
    names: frozenset[str]
    nested: dict[str, frozenset[str]]

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
    nested: dict[str, type[msgspec.Struct]],
) -> Shape:
    return Shape(
        msgspec.json.Decoder(strict),
        msgspec.json.Decoder(lenient),
        frozenset(lenient.__struct_fields__),
        {name: frozenset(kind.__struct_fields__) for name, kind in nested.items()},
    )


SHAPES: dict[str, Shape] = {
    "clicks": _shape(_Click, Click, {}),
    "purchases": _shape(_Purchase, Purchase, {"lines": PurchaseLine}),
    "context": _shape(_Context, Context, {"consent": Consent}),
    "push-receipts": _shape(_Receipt, PushReceipt, {}),
}
"""The user topics whose values are read."""
