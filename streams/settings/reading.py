"""Where a setting's value comes from, and whether it may have it.

From the environment (``KAIROS_<NAME>``), else from the TOML file that ``KAIROS_CONFIG`` names,
else from its default. A bad value stops the start.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from schemas.vocabulary import CLICK_EVENTS
from schemas.zones import zones
from streams.settings.settings import Settings

PREFIX = "KAIROS_"
NO_SETTINGS = ("CONFIG", "DATA")
"""What else the environment may tell: the file of settings, a folder of logs."""
SERVICE_LINK = re.compile(r"(SERVICE|PORT)(_|$)")
"""How names begin that Kubernetes sets by itself where a service of ours is called ``kairos``."""


class SettingsError(ValueError):
    """A setting has a value it cannot have; the message starts with the setting's name."""


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as `kairos settings` prints it."""

    name: str
    value: Any
    default: Any
    low: float | None
    high: float | None
    unit: str
    source: str
    sentence: str


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings; ``overrides`` win over the environment, that over the file.

    Raises:
        SettingsError: a value is out of bounds, of the wrong type, or a file or a variable names no setting.
    """
    values, _ = _collect(os.environ if environ is None else environ, overrides)
    return _convert(values)


def describe_settings(environ: Mapping[str, str] | None = None) -> Iterator[Described]:
    """Yield every setting with its value and where it came from."""
    values, sources = _collect(os.environ if environ is None else environ, {})
    settings = _convert(values)
    defaults = Settings()
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        meta: Meta = get_args(hint)[1]
        yield Described(
            name, getattr(settings, name), getattr(defaults, name), meta.ge, meta.le,
            (meta.extra or {})["unit"], sources.get(name, "default"), meta.description or "",
        )  # fmt: skip


def _collect(
    environ: Mapping[str, str], overrides: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    if path := environ.get(PREFIX + "CONFIG"):
        try:
            from_file = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"config: cannot read {path}: {error}") from error
        values.update(from_file)
        sources.update(dict.fromkeys(from_file, path))
    for variable in environ:
        _check_variable(variable)
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        text = environ.get(PREFIX + name.upper())
        if text is not None:
            values[name] = _parse(name, text, get_args(hint)[0])
            sources[name] = PREFIX + name.upper()
    values.update(overrides)
    sources.update(dict.fromkeys(overrides, "argument"))
    return values, sources


def _parse(name: str, text: str, kind: Any) -> Any:
    if get_origin(kind) is not dict:
        return None if text == "" and type(None) in get_args(kind) else text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{name}: not a JSON object: {error}") from error


def _convert(values: Mapping[str, Any]) -> Settings:
    for name, value in values.items():
        _check_known(name)
        try:
            msgspec.convert({name: value}, Settings, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsError(f"{name}: {error}") from error
    settings = msgspec.convert(dict(values), Settings, strict=False)
    _check_meaning(settings)
    return settings


def _check_known(name: str) -> None:
    known = Settings.__struct_fields__
    if name not in known:
        near = get_close_matches(name, known, 1)
        guess = f"; did you mean {near[0]}?" if near else ""
        raise SettingsError(f"{name}: there is no such setting{guess}")


def _check_variable(variable: str) -> None:
    known = [name.upper() for name in Settings.__struct_fields__] + list(NO_SETTINGS)
    name = variable.removeprefix(PREFIX)
    if name != variable and name not in known and not SERVICE_LINK.match(name):
        near = get_close_matches(name.upper(), known, 1)
        guess = f"; did you mean {PREFIX}{near[0]}?" if near else ""
        raise SettingsError(f"{variable}: there is no such setting{guess}")


def _check_meaning(settings: Settings) -> None:
    if sorted(set(settings.half_lives_h)) != list(settings.half_lives_h):
        raise SettingsError(f"ewma_middle_h: half-lives must rise, not {settings.half_lives_h}")
    for theirs, ours in settings.event_names.items():
        if ours not in CLICK_EVENTS:
            raise SettingsError(f"event_names: {theirs!r} maps to {ours!r}, no event of ours")
    if settings.default_timezone not in zones():
        raise SettingsError(f"default_timezone: {settings.default_timezone!r} is no IANA zone")
