"""Item-to-item lists of a bundle: memory-mapped, integers throughout, shared by all workers.

Three files of raw little-endian numbers a table: ``<name>.starts`` (uint32, one more than items),
``<name>.item`` (uint32, place of the item) and ``<name>.score`` (float32), and ``items`` (uint64,
the sorted hashes whose places these are) for all of them: 8 bytes an entry and 12 an item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.bundle.manifest import BundleError
from models.bundle.sessions import HELD, LED, Sessions

ITEMS = "items.u64"
PARTS = {"starts": "u32", "item": "u32", "score": "f32"}
_DTYPES = {"u64": "<u8", "u32": "<u4", "f32": "<f4"}


@dataclass(slots=True, frozen=True)
class ItemLists:
    """One table: the list of item ``items[i]`` is ``[starts[i]:starts[i + 1]]``, best first."""

    items: NDArray[np.uint64]
    starts: NDArray[np.uint32]
    item: NDArray[np.uint32]
    score: NDArray[np.float32]

    def __len__(self) -> int:
        """Entries."""
        return len(self.item)

    def lookup(
        self, keys: NDArray[np.uint64], limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.float32]]:
        """Return (row, item hash, score) of the first ``limit`` of each key's list, row by row."""
        at = np.searchsorted(self.items, keys)
        inside = np.minimum(at, max(len(self.items) - 1, 0))
        found = self.items[inside] == keys if len(self.items) else np.zeros(len(keys), bool)
        first = self.starts[inside * found].astype(np.int64)
        stop = self.starts[inside * found + 1].astype(np.int64)
        count = np.where(found, np.minimum(stop - first, limit), 0)
        row = np.repeat(np.arange(len(keys)), count)
        index = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
        return row, self.items[self.item[index]], self.score[index]


NO_LISTS = ItemLists(
    np.zeros(0, np.uint64), np.zeros(2, np.uint32), np.zeros(0, np.uint32), np.zeros(0, np.float32)
)


@dataclass(slots=True, frozen=True)
class ItemTables:
    """The tables of a bundle by name, one that is missing has no lists; and the ``sessions``."""

    lists: Mapping[str, ItemLists] = field(default_factory=dict)
    sessions: Sessions = field(default_factory=Sessions)

    def __getitem__(self, name: str) -> ItemLists:
        """One table."""
        return self.lists.get(name, NO_LISTS)

    @classmethod
    def open(cls, folder: Path, files: Mapping[str, str]) -> Self:
        """Map the ``files`` of a bundle's folder into memory; nothing is read yet.

        Raises:
            BundleError: a file is missing or does not fit the others.
        """
        return cls.of({name: _mapped(folder / name) for name in files})

    @classmethod
    def of(cls, columns: Mapping[str, NDArray[Any]]) -> Self:
        """Return the tables of columns by file name.

        Raises:
            BundleError: a column is missing or does not fit the others.
        """
        if not columns:
            return cls()
        names = sorted({name.split(".")[0] for name in columns} - {ITEMS.split(".")[0]})
        try:
            items = columns[ITEMS]
            parts = {
                name: [columns[f"{name}.{part}.{kind}"] for part, kind in PARTS.items()]
                for name in names
            }
        except KeyError as error:
            raise BundleError(f"an item table lacks {error}") from error
        told = {name: parts.pop(name) for name in (LED, HELD) if name in parts}
        sessions = Sessions.of(items, told) if told else Sessions()
        for name, (starts, item, score) in parts.items():
            fits = len(starts) == len(items) + 1 and len(item) == len(score) == int(starts[-1])
            if not fits:
                raise BundleError(f"the columns of item table {name} do not fit each other")
        return cls({name: ItemLists(items, *part) for name, part in parts.items()}, sessions)


def packed(
    items: NDArray[np.uint64], tables: Mapping[str, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]
) -> dict[str, bytes]:
    """Return the files of tables given as (starts, item places, scores) over sorted ``items``."""
    files = {ITEMS: items.astype("<u8").tobytes()}
    for name, columns in tables.items():
        for column, (part, kind) in zip(columns, PARTS.items(), strict=True):
            files[f"{name}.{part}.{kind}"] = column.astype(_DTYPES[kind]).tobytes()
    return files


def columns_of(files: Mapping[str, bytes]) -> dict[str, NDArray[Any]]:
    """Return the columns of files in memory."""
    return {name: np.frombuffer(data, _dtype(name)) for name, data in files.items()}


def _dtype(name: str) -> str:
    kind = name.rsplit(".", 1)[-1]
    if kind not in _DTYPES:
        raise BundleError(f"{name} is no file of an item table")
    return _DTYPES[kind]


def _mapped(path: Path) -> NDArray[Any]:
    dtype = np.dtype(_dtype(path.name))
    try:
        size = path.stat().st_size
        if size % dtype.itemsize:
            raise BundleError(f"{path.name} is cut off")
        if not size:
            return np.zeros(0, dtype)
        return np.memmap(path, dtype, mode="r")
    except OSError as error:
        raise BundleError(f"cannot map {path}: {error.strerror}") from error
