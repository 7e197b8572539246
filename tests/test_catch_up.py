"""No deployment of demo, chaos, benchmarks and tests is silent, or speaks of the past, by default."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("tests", "benchmarks", "streams/operate")


def deployments() -> list[tuple[str, bool]]:
    """Each place that makes settings for an app id, tests of one thing apart; whether it names `catch_up`."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [
        (f"{path.relative_to(ROOT)}:{call.lineno}", "catch_up" in ast.unparse(call))
        for path in files
        if not path.name.startswith("test_")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and "app_id" in {word.arg for word in call.keywords}
    ]


def test_every_deployment_names_what_it_does_with_the_past() -> None:
    found = deployments()
    assert len(found) >= 8
    assert [place for place, names_it in found if not names_it] == []
