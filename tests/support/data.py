"""The real logs that come with the project."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
DESKDROP = EXAMPLES / "data" / "deskdrop.parquet"
ONLINE_RETAIL = EXAMPLES / "data" / "online_retail_sample.parquet"
