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
    return {n for n in foreign if not {normal(d) for d in DISTRIBUTIONS.get(n, [])} & known}


def local(*folders: str) -> set[str]:
    """The modules and packages that lie in folders of the repository."""
    return {path.stem for folder in folders for path in (ROOT / folder).iterdir()} | {*folders}


@pytest.mark.parametrize("folder", sorted(OURS))
def test_the_product_declares_what_it_imports(folder):
    """Neither a package that nobody installed nor our own tests and benchmarks are declared."""
    assert undeclared(folder, "train", "broker", "demo") == set()


@pytest.mark.parametrize("folder", sorted(OURS))
def test_the_product_imports_by_statements_that_the_layers_can_see(folder):
    """The command line alone looks a module up by its name."""
    asked = {"import_module", "__import__"}
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id in asked)
        or (isinstance(node, ast.Attribute) and node.attr in asked)
    }
    assert found <= {"streams/operate/cli.py"}


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_tests_and_benchmarks_import_what_is_declared(folder):
    names = undeclared(folder, "train", "broker", "demo", "dev")
    assert names - local("tests", "benchmarks", "tests/kafka") == set()


def test_what_only_tests_need_is_not_asked_of_a_worker():
    assert not declared() & {normal(name) for name in EXTRAS["dev"]}
