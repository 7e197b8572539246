"""The structure of the code in figures: rooms, floors, arrows that run back up, circles.

A room is what lies directly in a package: a folder or a file. An arrow is an import from one room to
another. Floors are counted from the arrows alone; "back up" is judged by the layers that
`pyproject.toml` declares for the package. A circle is a group of modules that import each other.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import grimp
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

PACKAGES = ("streams", "models")
ROOT = Path(__file__).resolve().parents[1]

Arrows = dict[str, set[str]]


def figures(package: str, imports: Arrows, layers: list[str]) -> dict[str, int]:
    """Return the figures of one package.

    ``imports``: module -> the modules that it imports, dotted names; ``layers``: the declared floors,
    the highest first, siblings separated by ``|``.
    """
    rooms = _rooms(package, imports)
    height = {room.strip(): n for n, row in enumerate(reversed(layers)) for room in row.split("|")}
    arrows = [(a, b) for a, below in rooms.items() for b in below]
    return {
        "rooms": len(rooms),
        "floors": _floors(rooms),
        "arrows": len(arrows),
        "arrows_back_up": sum(height.get(a, -1) <= height.get(b, -1) for a, b in arrows),
        "circles": circles({m: to for m, to in imports.items() if m.startswith(package)}),
    }


def circles(imports: Arrows) -> int:
    """Return how many groups of two or more nodes reach each other."""
    number = {name: n for n, name in enumerate(imports)}
    edges = [(number[a], number[b]) for a, to in imports.items() for b in to if b in number]
    start, stop = np.array(edges, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(edges), bool), (start, stop)), (len(number), len(number)))
    _, group = connected_components(graph, connection="strong")
    return int((np.bincount(group) > 1).sum())


def _rooms(package: str, imports: Arrows) -> Arrows:
    found: Arrows = {}
    for module, below in imports.items():
        if module.startswith(f"{package}."):
            room = module.split(".")[1]
            here = {m.split(".")[1] for m in below if m.startswith(f"{package}.")}
            found.setdefault(room, set()).update(here - {room})
    return found


def _floors(rooms: Arrows) -> int:
    """Return the rooms on the longest way down; 0: there is none, they run in a circle."""
    if circles(rooms):
        return 0
    order = TopologicalSorter(rooms)
    order.prepare()
    floors = 0
    while ready := order.get_ready():
        order.done(*ready)
        floors += 1
    return floors


def declared_layers(package: str) -> list[str]:
    """Return the layers that `pyproject.toml` declares inside a package, the highest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[Mapping[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return next(list(each["layers"]) for each in contracts if each.get("containers") == [package])


def import_graph() -> Arrows:
    """Return every module of ours with the modules of ours that it imports."""
    graph = grimp.build_graph(*PACKAGES, "schemas", cache_dir=None)
    return {m: set(graph.find_modules_directly_imported_by(m)) for m in graph.modules}


def main() -> int:
    """Print one JSON line; 1 when an arrow runs back up or modules import each other."""
    imports = import_graph()
    found = {name: figures(name, imports, declared_layers(name)) for name in PACKAGES}
    print(json.dumps(found))
    return int(any(each["arrows_back_up"] or each["circles"] for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
