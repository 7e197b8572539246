"""What training found out about forecasting: which family serves each series, with coefficients."""

from __future__ import annotations

import msgspec

from models.forecast.families import FAMILIES

HOUR, DAY = "hour", "day"
SEASONS = {HOUR: 24, DAY: 7}
"""Steps, and how many of them make a season."""
TOTAL = 0
"""The key of the series of all events; other keys are category hashes."""


class PlanError(ValueError):
    """A plan cannot be used; the message says why."""


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """How one series is forecast.

    ``scale``: what makes the forecast right on average (one fitted to logarithms is nearer the
    median, and has the smaller absolute error). ``mase``: of its backtest, null without one.
    """

    family: str
    coefficients: tuple[float, ...] = ()
    scale: float = 1.0
    mase: float | None = None


class StepPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Picks for series of one step: by key, and for series that training did not see."""

    default: Pick
    picks: dict[int, Pick] = {}

    def of(self, key: int) -> Pick:
        """Return how a series is forecast."""
        return self.picks.get(key, self.default)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Picks by step; MessagePack in a bundle."""

    schema_version: int = 1
    steps: dict[str, StepPlan]


UNTRAINED = Plan(
    steps={
        step: StepPlan(default=Pick(family="profile_level", coefficients=(0.9,)))
        for step in SEASONS
    }
)
"""Serves until a bundle brings better: the best single forecaster of our logs."""


def encode(plan: Plan) -> bytes:
    """Return the plan as MessagePack; equal plans give equal bytes."""
    steps = {
        kind: msgspec.structs.replace(found, picks=dict(sorted(found.picks.items())))
        for kind, found in sorted(plan.steps.items())
    }
    return msgspec.msgpack.encode(msgspec.structs.replace(plan, steps=steps))


def for_any_shop(data: bytes) -> bytes:
    """Return an encoded plan without the picks of categories: other shops have others."""
    plan = decode(data)
    steps = {
        kind: msgspec.structs.replace(
            found, picks={key: pick for key, pick in found.picks.items() if key == TOTAL}
        )
        for kind, found in plan.steps.items()
    }
    return encode(msgspec.structs.replace(plan, steps=steps))


def decode(data: bytes) -> Plan:
    """Read a plan.

    Raises:
        PlanError: it is no plan, or names a family or a number of coefficients that cannot be.
    """
    try:
        plan = msgspec.msgpack.decode(data, type=Plan)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PlanError(f"the forecast plan is not readable: {error}") from error
    if plan.schema_version != 1 or set(plan.steps) != set(SEASONS):
        raise PlanError("the forecast plan is of an unknown version")
    for step, found in plan.steps.items():
        for pick in (found.default, *found.picks.values()):
            _check(pick, SEASONS[step])
    return plan


def _check(pick: Pick, season: int) -> None:
    family = FAMILIES.get(pick.family)
    if family is None:
        raise PlanError(
            f"the forecast plan: unknown family {pick.family!r}; known are {', '.join(FAMILIES)}"
        )
    wanted = family.coefficients(season)
    if len(pick.coefficients) != wanted:
        found = len(pick.coefficients)
        raise PlanError(
            f"the forecast plan: {pick.family} takes {wanted} coefficients, not {found}"
        )
