"""`kairos settings` shows everything, and a bad value is one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from streams.operate.commands.settings import bounds
from streams.settings import Described, Settings

Kairos = Callable[..., CompletedProcess[str]]


@pytest.mark.slow
def test_every_setting_is_printed_with_its_sentence(kairos: Kairos) -> None:
    rows = json.loads(kairos("settings", "--json").stdout)
    assert [row["name"] for row in rows] == list(Settings.__struct_fields__)
    assert all(row["unit"] and row["sentence"] for row in rows)


@pytest.mark.slow
def test_the_source_of_a_value_is_named(kairos: Kairos) -> None:
    done = kairos("settings", cap_per_day="7")
    assert "cap_per_day = 7\n    pushes, 0 to 100; default 3; from KAIROS_CAP_PER_DAY\n" in (
        done.stdout
    )


@pytest.mark.slow
def test_the_secret_stays_secret(kairos: Kairos) -> None:
    for words in (["settings"], ["settings", "--json"]):
        done = kairos(*words, secret="hunter2-hunter2")
        assert "hunter2" not in done.stdout + done.stderr
        assert "(set)" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [("cap_per_day", "-1"), ("partitions", "many"), ("publish", "maybe"), ("event_names", "{")],
)
def test_a_bad_value_stops_with_the_settings_name(kairos: Kairos, name: str, value: str) -> None:
    done = kairos("topics", "check", **{name: value})
    assert done.returncode == 2
    assert done.stderr.startswith(f"kairos: {name}: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(None, None, ""), (0, None, "0 to any"), (1, 4096, "1 to 4,096"), (0.0, 1.0, "0.0 to 1.0")],
)
def test_bounds_read_well(low: float | None, high: float | None, text: str) -> None:
    assert bounds(Described("n", 1, 1, low, high, "u", "default", "s")) == text
