"""Raises, or ends the process, at each stage of the path for each kind of thing that may be at fault.

Whom or what it hits is in the names: user ``policy-user``, item ``experts-row``; the epochs by number.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from schemas.ids import hash64
from schemas.tables import DueUsers
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline

PATH, WAVES = "streams.pipeline.pipeline", "streams.pipeline.batch.waves"
STAGES = {
    "accept": ("streams.pipeline.accept.accept", "decode"),
    "aggregate": (WAVES, "aggregate"),
    "trigger": (WAVES, "due_users"),
    "policy": (PATH, "screen"),
    "candidates": (PATH, "gather"),
    "experts": (PATH, "score"),
    "fusion": (PATH, "fuse"),
    "allocate": (PATH, "allocate"),
    "publish": (PATH, "publish"),
}
MARK, OF_MS = 7, 1_000
"""The record at fault, and no other, has a time that leaves 7 ms over."""
RAISING = ("record", "user", "timer", "epoch", "row", "panic")


class Boom(Exception):
    """Nobody thought of it."""


class PanicException(BaseException):
    """As pyo3's: no Exception."""


PanicException.__module__ = "pyo3_runtime"


def _segfault() -> None:
    ctypes.string_at(0)


def _out_of_memory() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def _hang() -> None:
    while True:
        time.sleep(1)


NATIVE: dict[str, Callable[[], None]] = {
    "segfault": _segfault,
    "abort": os.abort,
    "exit": lambda: os._exit(9),
    "memory": _out_of_memory,
    "hang": _hang,
}


@dataclass
class Met:
    """What a call of a stage is about. ``marked``: users met with the record at fault."""

    users: set[bytes] = field(default_factory=set)
    waiting: set[bytes] = field(default_factory=set)
    marked: set[bytes] = field(default_factory=set)
    items: set[int] = field(default_factory=set)


class Injector:
    """Wraps every stage; `patch` is `setattr`, or pytest's."""

    def __init__(self, vault: Vault, patch: Callable[[Any, str, Any], None] = setattr) -> None:
        self._vault, self._patch = vault, patch
        self._due: DueUsers | None = None
        self._epoch = 0
        self.bad_epochs: Callable[[str, int], bool] = lambda stage, number: False
        """Whether an epoch is at fault at a stage."""

    def install(self) -> None:
        self._note("_decide", lambda args: setattr(self, "_epoch", _number(args[2])))
        self._note("_decided", lambda args: setattr(self, "_due", args[1]))
        for stage, (module_name, name) in STAGES.items():
            module = importlib.import_module(module_name)
            self._patch(module, name, self._spoilt(stage, getattr(module, name)))

    def _note(self, name: str, note: Callable[[Any], None]) -> None:
        plain = getattr(Pipeline, name)

        def noting(*args: Any) -> Any:
            note(args)
            return plain(*args)

        self._patch(Pipeline, name, noting)

    def _spoilt(self, stage: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        names = {f"{stage}-{kind}": kind for kind in (*RAISING, *NATIVE)}
        keys = {self._vault.pseudonym(name): kind for name, kind in names.items()}
        row = hash64(f"{stage}-row")

        def spoilt(*args: Any) -> Any:
            found = plain(*args) if stage == "candidates" else None
            met = self._met(stage, args, found)
            for key in met.users & set(keys):
                self._fail(keys[key], key in met.waiting, key in met.marked)
            if row in met.items:
                raise Boom(stage)
            if stage != "accept" and self.bad_epochs(stage, self._epoch):
                raise Boom(stage)
            return plain(*args) if found is None else found

        return spoilt

    def _fail(self, kind: str, is_waiting: bool, is_marked: bool) -> None:
        if kind == "user" or (kind == "timer" and is_waiting) or (kind == "record" and is_marked):
            raise Boom(kind)
        if kind == "panic" and is_marked:
            raise PanicException(kind)
        if kind in NATIVE and is_marked:
            NATIVE[kind]()

    def _met(self, stage: str, args: tuple[Any, ...], found: Any) -> Met:
        if stage == "accept":
            return self._of_record(args[0])
        if stage in ("aggregate", "trigger"):
            state, wave = (
                (args[0], args[1]) if stage == "aggregate" else (args[0].state, args[0].wave)
            )
            return _of_wave(state, wave)
        due = args[0].due if stage == "publish" else self._due
        assert due is not None
        return _of_due(due, args[0].candidates if stage == "publish" else found, args)

    def _of_record(self, record: Any) -> Met:
        user = self._vault.pseudonym((record.key or b"").decode(errors="replace"))
        marked = {user} if record.timestamp_ms % OF_MS == MARK else set[bytes]()
        named = b'"accept-row"' in (record.value or b"")
        return Met({user}, set(), marked, {hash64("accept-row")} if named else set())


def _of_wave(state: Any, wave: Any) -> Met:
    speaking = {state.keys[row] for row in wave.facts["user"].tolist()}
    late = wave.facts[wave.facts["ts_ms"] % OF_MS == MARK]
    marked = {state.keys[row] for row in late["user"].tolist()}
    return Met(
        set(state.keys), set(state.keys) - speaking, marked, set(wave.facts["item"].tolist())
    )


def _of_due(due: DueUsers, candidates: Any, args: tuple[Any, ...]) -> Met:
    keys = due.state.keys
    waiting = {key for key, ms in zip(keys, due.due_ms.tolist(), strict=True) if ms >= 0}
    marked = {key for key, ms in zip(keys, due.now_ms.tolist(), strict=True) if ms % OF_MS == MARK}
    sets = [candidates, *args]
    items = {n for each in sets if hasattr(each, "item") for n in _numbers(each.item)}
    if not items:  # the policy has no candidates: what the users looked at
        items = set(due.state.events.data["item"].tolist())
    return Met(set(keys), waiting, marked, items)


def _numbers(items: Any) -> list[int]:
    return items.tolist() if hasattr(items, "tolist") else []


def _number(shared: Any) -> int:
    return 0 if shared.epoch is None else shared.epoch.number
