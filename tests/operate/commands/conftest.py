"""What the command tests share: settings of their own, and a way to run `kairos`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.settings import PREFIX, Settings, load_settings

Kairos = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without any setting but a data directory of the test's own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**plain, "KAIROS_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def kairos(environment: dict[str, str], tmp_path: Path) -> Kairos:
    """Run the command line in a process of its own; keyword arguments become settings."""

    def call(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        given = {PREFIX + name.upper(): value for name, value in settings.items()}
        return subprocess.run(
            [sys.executable, "-c", "from streams.operate.cli import main; main()", *words],
            env={**environment, **given}, cwd=tmp_path, capture_output=True, text=True, check=False,
            timeout=500,
        )  # fmt: skip

    return call


@pytest.fixture
def own(broker: str, tmp_path: Path) -> Settings:
    """Settings with topics that no other test uses."""
    name = uuid.uuid4().hex[:8]
    return load_settings(
        {}, broker=broker, topic_prefix=f"{name}.", app_id=name, data_dir=str(tmp_path / "data"),
        partitions=2, catch_up="speak",
    )  # fmt: skip


@pytest.fixture
def names(own: Settings) -> dict[str, str]:
    """The same settings as keyword arguments of `kairos`."""
    return {
        "broker": own.broker, "topic_prefix": own.topic_prefix, "app_id": own.app_id,
        "partitions": str(own.partitions),
    }  # fmt: skip


def last_json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON object on the last line of stdout."""
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def result() -> Callable[[subprocess.CompletedProcess[str]], dict[str, Any]]:
    """See `last_json`."""
    return last_json
