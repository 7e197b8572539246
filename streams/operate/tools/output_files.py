"""Write a replay's outputs as JSON lines: one file a topic, the same bytes whatever the batching."""

from __future__ import annotations

import base64
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec

from schemas.tables import Output

FILES = {
    "recommendations": "recommendations.jsonl",
    "suppressions": "suppressions.jsonl",
    "decisions": "decisions.jsonl",
    "dead-letters": "dead-letters.jsonl",
    "late": "late.jsonl",
}
SUMMARY = "summary.json"


class OutputFiles:
    """The files of one replay in a directory; use as a context manager."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}

    def __enter__(self) -> Self:
        """Open the files, empty."""
        self._files = {topic: (self._folder / name).open("wb") for topic, name in FILES.items()}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def write(self, output: Output) -> None:
        """Append a record to its topic's file."""
        line = dead_letter_line(output) if output.topic == "dead-letters" else output.value
        self._files[output.topic].write((line or b"") + b"\n")

    def summarise(self, summary: dict[str, Any]) -> None:
        """Write what the replay counted."""
        text = msgspec.json.format(msgspec.json.encode(summary, order="deterministic"), indent=2)
        (self._folder / SUMMARY).write_bytes(text + b"\n")


def dead_letter_line(output: Output) -> bytes:
    """Return a dead letter as one JSON object; any bytes survive in base64, null stays null."""
    headers = {name: raw.decode() for name, raw in output.headers}
    line = {
        "reason_code": headers["kairos-reason"],
        "reason": headers["kairos-sentence"],
        "source": {
            "topic": headers["kairos-topic"],
            "partition": int(headers["kairos-partition"]),
            "offset": int(headers["kairos-offset"]),
        },
        "key_base64": _base64(output.key),
        "value_base64": _base64(output.value),
    }
    if "kairos-partial" in headers:
        line["partial"] = headers["kairos-partial"]
    for cut, field in (("kairos", "value"), ("kairos-key", "key"), ("kairos-headers", "headers")):
        for name in ("length", "sha256"):
            if f"{cut}-{name}" in headers:
                line[f"{field}_{name}"] = headers[f"{cut}-{name}"]
    return msgspec.json.encode(line)


def _base64(raw: bytes | None) -> str | None:
    return None if raw is None else base64.b64encode(raw).decode()
