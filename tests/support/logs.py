"""Small log files of every kind of source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

T0_S = 1_500_000_000


def body(record: Any) -> dict[str, Any]:
    """The JSON of a record."""
    found: dict[str, Any] = json.loads(record.value)
    return found


def bodies(records: Any, topic: str) -> list[dict[str, Any]]:
    """The JSON of a topic's records."""
    return [body(record) for record in records if record.topic == topic]


def deskdrop(folder: Path) -> Path:
    """Two readers; one changes device and place."""
    columns = ["ts", "event", "item_id", "user_id", "session_id", "device", "country", "region"]
    rows = [
        (T0_S, "VIEW", 11, -1, 5, "desktop", "BR", "SP"),
        (T0_S + 60, "LIKE", 11, -1, 5, "desktop", "BR", "SP"),
        (T0_S + 30, "VIEW", 12, 2, 6, "mobile", "ZZ", None),
        (T0_S + 90, "BOOKMARK", 11, -1, 5, "mobile", "BR", "SP"),
        (T0_S + 95, "COMMENT CREATED", 12, -1, 5, "unknown", None, None),
        (T0_S + 99, "FOLLOW", 12, -1, 5, "mobile", "BR", "RJ"),
    ]
    return _parquet(folder / "deskdrop.parquet", columns, rows)


def online_retail(folder: Path) -> Path:
    """Two orders and a return; a guest, a gift and a line of nothing."""
    columns = ["ts", "user_id", "item_id", "description", "quantity", "unit_price_gbp"]
    rows = [
        (T0_S, 17850.0, 1, "TEAPOT", 6, 2.55),
        (T0_S, 17850.0, 2, None, 1, 0.001),
        (T0_S, None, 3, "GUEST'S", 1, 1.0),
        (T0_S, 17850.0, 4, "GIFT", 1, 0.0),
        (T0_S, 17850.0, 4, "NOTHING", 0, 1.0),
        (T0_S, 12345.0, 2, "MUG", 2, 3.39),
        (T0_S + 60, 17850.0, 1, "TEAPOT", -2, 2.55),
    ]
    path = _parquet(folder / "retail.parquet", columns, rows)
    frame = pd.read_parquet(path).astype({"description": "category", "unit_price_gbp": "float32"})
    frame.to_parquet(path)
    return path


def taobao(folder: Path) -> Path:
    """The public CSV: no header, not quite in order, one impossible time."""
    path = folder / "UserBehavior.csv"
    rows = [
        "1,2268318,2520377,pv,1511544070",
        "1,2333346,2520771,fav,1511561733",
        "2,2268318,2520377,buy,1511544071",
        "2,2268318,2520377,cart,1511544071",
        "2,2268318,2520377,pv,-2134949234",
        "1,2268318,2520377,pv,1511544070",
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def raw(folder: Path) -> Path:
    """Whatever bytes."""
    path = folder / "raw.jsonl"
    lines = [
        {"topic": "clicks", "key": "u1", "timestamp_ms": 5, "value": {"event_id": "e1"}},
        {"topic": "clicks", "key": None, "timestamp_ms": 3, "value": "not json é"},
        {"topic": "context", "key_base64": "/w==", "timestamp_ms": 3, "value_base64": "/wA="},
        {"topic": "clicks", "key": "u1", "timestamp_ms": 5},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    return path


def article(folder: Path) -> Path:
    """The article's two files."""
    (folder / "behavior.csv").write_text(
        "user_id,timestamp,views,purchases\n"
        "1,2024-03-31 01:30:00,2,0\n"
        "2,2024-03-31T00:10:00Z,0,1\n"
        "1,2024-10-27 02:30:00,,1\n"
        "1,2024-10-27 03:30:00+01:00,0,0\n"
    )
    (folder / "context.csv").write_text(
        "user_id,timestamp,mobile_usage,location\n"
        "1,2024-03-31 02:30:00,12.5,home\n"
        "2,2024-06-01 12:00:00,,office\n"
    )
    return folder


FILES = {
    "deskdrop": deskdrop,
    "online-retail": online_retail,
    "taobao": taobao,
    "raw": raw,
    "article": article,
}


def _parquet(path: Path, columns: list[str], rows: list[tuple[Any, ...]]) -> Path:
    pd.DataFrame(rows, columns=columns).to_parquet(path)
    return path
