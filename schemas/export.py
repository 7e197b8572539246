"""Write the public records as JSON Schema (draft 2020-12): ``python -m schemas.export``."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec

from schemas.catalog import CatalogItem
from schemas.decision import Decision, LateEvent, Suppression
from schemas.events import Click, Context, Profile, Purchase, Release, Social, Tick, TimeBack
from schemas.receipts import PushReceipt
from schemas.recommendation import Recommendation

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).parent / "json"
RECORDS: dict[str, type[msgspec.Struct]] = {
    "click": Click,
    "purchase": Purchase,
    "context": Context,
    "profile": Profile,
    "social": Social,
    "catalog_item": CatalogItem,
    "push_receipt": PushReceipt,
    "tick": Tick,
    "time_back": TimeBack,
    "release": Release,
    "decision": Decision,
    "recommendation": Recommendation,
    "suppression": Suppression,
    "late_event": LateEvent,
}
"""Records in JSON on a topic, by the name of their schema; epochs and signals are MessagePack."""


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a record in `RECORDS`."""
    found: dict[str, Any] = _tidy(msgspec.json.schema(RECORDS[name]))
    return {"$schema": DIALECT, "$id": f"urn:kairos:schema:{name}:1"} | found


def _tidy(node: Any) -> Any:
    """Take the indentation of the source out of descriptions."""
    if isinstance(node, list):
        return [_tidy(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    told = node.get("description")
    cleaned = {"description": inspect.cleandoc(told)} if isinstance(told, str) else {}
    return {name: _tidy(entry) for name, entry in node.items()} | cleaned


def schema_text(name: str) -> str:
    """Return the schema as it is committed."""
    return json.dumps(schema_of(name), indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Write every schema; files of records that are no more are removed."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.schema.json"):
        path.unlink()
    for name in RECORDS:
        path_of(name).write_text(schema_text(name), encoding="utf-8")


def path_of(name: str) -> Path:
    """Return where the schema of a record is committed."""
    return FOLDER / f"{name}.schema.json"


if __name__ == "__main__":
    main()
