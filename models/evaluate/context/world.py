"""A planted world in TOML: users in scenes, items with attributes, and what each scene makes of them.

Everything that matters is written in the file; `models.evaluate.context.plant` draws the rest from
its seed.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

from schemas.vocabulary import Scene

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Positive = Annotated[int, msgspec.Meta(ge=1)]


class WorldError(ValueError):
    """A file is no planted world; the message says why."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an attribute of items is spread, and its ``log_odds`` in every scene.

    ``median``, ``sigma``: lognormal (weight_g, price_minor, age_d); ``low``, ``high``: uniform
    (seller_rating); ``share``: of the items that have it (flags). ``missing``: share of items that do
    not tell it; those are average. Log-odds are per standard deviation, or for having the flag.
    """

    median: float | None = None
    sigma: float | None = None
    low: float | None = None
    high: float | None = None
    share: _Share | None = None
    missing: _Share = 0.0
    log_odds: float = 0.0


class SceneOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a scene happens, what of it is told, and what it does.

    ``weight``: relative frequency on a day on which it can be; ``hours``: [from, to) of local hours;
    ``days``: any, workday or weekend; ``device``, ``network``, ``place``: how often each word is told
    (the rest: nothing); ``rate``: log-odds of any engagement; ``log_odds``: by attribute.
    """

    weight: float
    hours: list[tuple[int, int]]
    days: str = "any"
    device: dict[str, float] = {}
    network: dict[str, float] = {}
    place: dict[str, float] = {}
    rate: float = 0.0
    log_odds: dict[str, float] = {}


class World(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole world; a moment is a user in a scene who is offered ``slate`` items.

    ``told``: share of moments at which the producer tells the scene; ``located``: with a position;
    ``active``: share at which the user does anything at all; ``habit``: how alike users' scenes are
    (large: all alike); ``interest``: log-odds of an item in a category of the user's profile;
    ``base_rate``: mean engagement of an active user with an offered item.
    """

    name: str
    seed: int = 0
    start: date = date(2026, 3, 2)
    days: _Positive = 28
    users: _Positive = 600
    items: _Positive = 300
    categories: _Positive = 12
    interests: _Positive = 2
    slate: _Positive = 10
    moments_per_day: float = 1.0
    timezone: str = "Europe/Berlin"
    country: str = "DE"
    language: str = "de"
    told: _Share = 0.3
    located: _Share = 1.0
    active: _Share = 0.9
    habit: float = 3.0
    interest: float = 0.8
    base_rate: _Share = 0.12
    attribute: dict[str, Attribute] = {}
    scene: dict[str, SceneOf] = {}


LOGNORMAL = ("weight_g", "price_minor", "age_d")
UNIFORM = ("seller_rating",)
FLAGS = ("offer", "shop_near", "stock_near", "own_language", "like_new")
ATTRIBUTES = (*LOGNORMAL, *UNIFORM, *FLAGS)


def read_world(path: str | Path) -> World:
    """Read and check a world.

    Raises:
        WorldError: the file cannot be read or says what cannot be.
    """
    try:
        told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        world = msgspec.convert(told, World)
    except (OSError, ValueError) as error:
        raise WorldError(f"{path}: no planted world: {error}") from error
    _check(world)
    return world


def _check(world: World) -> None:
    if not world.scene:
        raise WorldError("a world needs scenes")
    for name, scene in world.scene.items():
        if name.upper() not in Scene.__members__:
            raise WorldError(
                f"scene {name!r} is none of {', '.join(s.name.lower() for s in Scene)}"
            )
        if unknown := set(scene.log_odds) - set(world.attribute):
            raise WorldError(f"scene {name}: no item has {', '.join(sorted(unknown))}")
        if scene.days not in ("any", "workday", "weekend"):
            raise WorldError(f"scene {name}: days must be any, workday or weekend")
        if not scene.hours or not all(0 <= a < b <= 24 for a, b in scene.hours):
            raise WorldError(f"scene {name}: hours must be [from, to) within 0 to 24")
        for words in (scene.device, scene.network, scene.place):
            if sum(words.values()) > 1 + 1e-9:
                raise WorldError(f"scene {name}: shares of what is told sum to more than 1")
    for name, attribute in world.attribute.items():
        _check_attribute(name, attribute)


def _check_attribute(name: str, attribute: Attribute) -> None:
    if name not in ATTRIBUTES:
        raise WorldError(f"attribute {name!r} is none of {', '.join(ATTRIBUTES)}")
    needs = {**dict.fromkeys(LOGNORMAL, ("median", "sigma")), **dict.fromkeys(UNIFORM, ("low", "high")),
             **dict.fromkeys(FLAGS, ("share",))}[name]  # fmt: skip
    if any(getattr(attribute, field) is None for field in needs):
        raise WorldError(f"attribute {name} needs {' and '.join(needs)}")
