"""A worker of the real pipeline in which a stage raises for what its environment names."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from streams.app import create_app
from streams.settings import load_settings

STAGE = os.environ.get("POISON_STAGE", "")
"""``module:function`` that raises for the poison."""
POISON = b"venom"
DISK = os.environ.get("POISON_DISK", "")
"""While this file is there, whatever reads the state of partition 0 raises as a full disk does."""


class Boom(Exception):
    """Nobody thought of it."""


def _is_poisoned(args: tuple[Any, ...]) -> bool:
    record = args[0]
    if hasattr(record, "value"):
        return POISON in (record.value or b"")
    subscribers = getattr(record, "subscribers", None)
    if subscribers is not None:
        return POISON.decode() in subscribers
    return any(key in _poisoned_users() for key in record.state.keys)


def _poisoned_users() -> set[bytes]:
    from streams.pipeline.accept import Vault

    settings = load_settings()
    return {Vault(settings.secret.encode(), settings.tenant).pseudonym(POISON.decode())}


def _poison(stage: str) -> None:
    module_name, _, name = stage.partition(":")
    module = importlib.import_module(module_name)
    plain = getattr(module, name)

    def spoilt(*args: Any, **kwargs: Any) -> Any:
        if _is_poisoned(args):
            raise Boom(POISON.decode())
        return plain(*args, **kwargs)

    setattr(module, name, spoilt)


def _fill_disk(path: str) -> None:
    from streams.pipeline.pipeline import Pipeline

    plain = Pipeline.decide

    def full(self: Any, work: Any, *args: Any) -> Any:
        if Path(path).exists() and any(each.partition == 0 for each in work):
            raise OSError(28, "No space left on device")
        return plain(self, work, *args)

    Pipeline.decide = full  # type: ignore[method-assign]


if STAGE:
    _poison(STAGE)
if DISK:
    _fill_disk(DISK)
app = create_app(load_settings())
