"""What the code imports is declared by the project itself, not only brought along by something else."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OURS = {"streams", "models", "schemas"}
DISTRIBUTIONS = packages_distributions()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[; ]", name)[0]).lower()


def declared(*extras: str) -> set[str]:
    lists = [PROJECT["dependencies"], *(EXTRAS[extra] for extra in extras)]
    return {normal(each) for names in lists for each in names}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def undeclared(folder: str, *extras: str) -> set[str]:
    names = {name for path in (ROOT / folder).rglob("*.py") for name in imported(path)}
    foreign = names - set(sys.stdlib_module_names) - OURS
    known = declared(*extras)
    from_others = {name for name in foreign if name in DISTRIBUTIONS}
    return {n for n in from_others if not {normal(d) for d in DISTRIBUTIONS[n]} & known}


@pytest.mark.parametrize("folder", sorted(OURS))
def test_the_product_declares_what_it_imports(folder):
    assert undeclared(folder, "train", "broker", "demo") == set()


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_tests_and_benchmarks_import_what_is_declared(folder):
    assert undeclared(folder, "train", "broker", "demo", "dev") == set()


def test_what_only_tests_need_is_not_asked_of_a_worker():
    assert not declared() & {normal(name) for name in EXTRAS["dev"]}
