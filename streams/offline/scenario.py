"""A scenario: a preset, a small catalogue, some history, and what must come first for whom.

A folder with ``scenario.toml`` (settings, experts by hand, expectations), ``catalog.jsonl`` (a
`CatalogItem` a line) and ``history.jsonl`` (records as `kairos replay --source raw` reads them).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from models.bundle import Bundle, Weights
from schemas.decision import Decision
from schemas.tables import Output, SourceRecord
from schemas.vocabulary import Scene
from streams.offline.replay import replay
from streams.offline.sources import open_source
from streams.pipeline.accept import Vault
from streams.pipeline.assemble import starting_knowledge
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

_VAULT = Vault(b"a scenario names nobody", "scenario")
_EARLIER_MS = 86_400_000


class ScenarioError(ValueError):
    """A folder is no scenario; the message says why."""


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``order``: items that must reach the experts and end up in this order for ``user``."""

    user: str
    order: list[str]
    scene: str | None = None


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``experts``: terms by graph, ``scenes``: terms by scene (see `models.bundle.handmade`)."""

    title: str
    about: str
    settings: dict[str, Any] = {}
    experts: dict[str, dict[str, float]]
    scenes: dict[str, dict[str, float]] = {}
    expect: list[Expectation]


@dataclass(slots=True, frozen=True)
class Outcome:
    """A user's decision: ``order`` of the candidates by fused probability, and what was chosen."""

    user: str
    scene: str
    order: list[str]
    chosen: str | None


def read_scenario(folder: Path) -> Scenario:
    """Read ``scenario.toml``.

    Raises:
        ScenarioError: it cannot be read.
    """
    try:
        told = tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))
        return msgspec.convert(told, Scenario)
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{folder}: no scenario: {error}") from error


def play(folder: Path, scenario: Scenario, bundle_dir: Path) -> list[Outcome]:
    """Run the scenario through the data path; return every decision with candidates, in order.

    ``bundle_dir``: where the bundle of its experts is written. Needs the ``train`` extra (onnx).
    """
    from models.bundle.handmade import write_linear_bundle

    scenes = {Scene[name.upper()]: terms for name, terms in scenario.scenes.items()}
    weights = Weights(lambda_t=1.0, lambda_c=1.0)
    write_linear_bundle(bundle_dir, scenario.experts, scenes or None, weights, scenario.title)
    settings = load_settings({}, **scenario.settings)
    records = [*_catalogue(folder), *open_source("raw", folder / "history.jsonl")]
    names = {_VAULT.pseudonym(r.key.decode()).hex(): r.key.decode() for r in records if r.key}
    decided: list[Decision] = []

    def note(output: Output) -> None:
        if output.topic == "decisions" and output.value is not None:
            decided.append(msgspec.json.decode(output.value, type=Decision))

    bundle = Bundle.load(bundle_dir)
    replay(records, Pipeline(settings, _VAULT, starting_knowledge(bundle, settings), bundle), note)
    return [_outcome(decision, names) for decision in decided if decision.candidates]


def check(scenario: Scenario, outcomes: list[Outcome]) -> list[str]:
    """Return a sentence for each expectation that was not met."""
    last = {outcome.user: outcome for outcome in outcomes}
    wrong = []
    for each in scenario.expect:
        found = last.get(each.user)
        if found is None:
            wrong.append(f"{each.user}: nothing was decided")
        elif [item for item in found.order if item in each.order] != each.order:
            wrong.append(f"{each.user}: {found.order}, not {each.order}")
        elif each.scene not in (None, found.scene):
            wrong.append(f"{each.user}: scene {found.scene}, not {each.scene}")
    return wrong


def _catalogue(folder: Path) -> Iterator[SourceRecord]:
    """The items, told a day before they were last changed: known before the history begins."""
    for number, line in enumerate((folder / "catalog.jsonl").read_bytes().splitlines()):
        item = msgspec.json.decode(line)
        key, ts_ms = item["item_id"].encode(), item["ts"] - _EARLIER_MS
        yield SourceRecord("catalog", 0, number, ts_ms, key, line)


def _outcome(decision: Decision, names: dict[str, str]) -> Outcome:
    ranked = sorted(decision.candidates, key=lambda each: (-each.scores.fused, each.item_id))
    scene = max(decision.scene, key=lambda name: decision.scene[name]) if decision.scene else ""
    return Outcome(
        names[decision.user], scene, [each.item_id for each in ranked], decision.chosen_item_id
    )
