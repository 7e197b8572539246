"""The report on context for people."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.evaluate.context.compare import Compared
from models.evaluate.context.measures import METRICS
from models.evaluate.page import Block, Plot, Section, Table, Text, draw
from schemas.vocabulary import Scene

_ABOUT = (
    "Three variants of the context expert, each fused with the same temporal expert: with the "
    "situation, without it, and with that of another user (trained and tested so: the control). "
    "Trained on the first 60% of the decisions in time, calibrated on the next 15%, measured on the "
    "rest; a fifth of the users is never learnt from. Intervals: 95%, users drawn anew, paired."
)
SPLITS = {"all": "later", "later": "later, same users", "unseen": "later, unseen users"}


def report(compared: Compared) -> list[Section]:
    """Return the sections of the page."""
    numbers = compared.numbers
    first: list[Block] = [Text(numbers["verdict"]), Text(_ABOUT)]
    for split, meaning in SPLITS.items():
        found = numbers["splits"][split]
        first += [_scores(found, meaning), _gains(found)]
        if "recovered" in found:
            first.append(_recovered(found["recovered"]))
    rows = [(name, *weights.values()) for name, weights in numbers["fusion"].items()]
    first.append(Table(("fusion", "temporal", "context", "bias"), rows))
    return [
        Section("Does context help?", first),
        Section("By scene", [_by_scene(numbers["splits"]["all"]["per_scene"])]),
        Section("Scenes", [*_scenes(numbers), _mix(compared)]),
    ]


def _scores(found: dict[str, Any], meaning: str) -> Table:
    rows = [
        (
            name,
            *(
                scores[metric][part]
                for metric in METRICS
                for part in ("value", "ci_low", "ci_high")
            ),
        )
        for name, scores in found["scores"].items()
    ]
    head = ["score", *(text for metric in METRICS for text in (metric, "from", "to"))]
    return Table(head, rows, f"{meaning}: {found['pairs']:,} pairs")


def _gains(found: dict[str, Any]) -> Table:
    rows = [
        (name.replace("_", " "),
         *(gain[metric][part] for metric in METRICS for part in ("value", "ci_low", "ci_high")))
        for name, gain in found["gains"].items()
    ]  # fmt: skip
    head = ["gain", *(text for metric in METRICS for text in (metric, "from", "to"))]
    return Table(head, rows, "Better is positive, log-loss included.")


def _recovered(shares: dict[str, Any]) -> Table:
    rows = [(name, each["value"], each["ci_low"], each["ci_high"]) for name, each in shares.items()]
    return Table(("share of the oracle's gain", "share", "from", "to"), rows,
                 "of told: the oracle knows of the situation only what was told")  # fmt: skip


def _by_scene(scenes: dict[str, Any]) -> Table:
    rows = []
    for name, found in scenes.items():
        gain = found["with_over_shuffled"]["ndcg@10"]
        scores = found["scores"]
        rows.append((
            name, found["pairs"], *(scores[v]["log_loss"] for v in ("with", "without", "shuffled")),
            *(scores[v]["ndcg@10"] for v in ("with", "without", "shuffled")),
            gain["value"], gain["ci_low"], gain["ci_high"],
        ))  # fmt: skip
    head = ("scene", "pairs", "log-loss with", "without", "shuffled", "NDCG@10 with", "without",
            "shuffled", "with over shuffled", "from", "to")  # fmt: skip
    return Table(head, rows, "By the likeliest scene; in a planted world by the true one.")


def _scenes(numbers: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    for what, found in numbers["scene"].items():
        rows = [
            (name, each["rows"], each["log_loss"], each["accuracy"]) for name, each in found.items()
        ]
        blocks.append(
            Table(("", "moments", "log-loss", "accuracy"), rows, f"Against {what} scenes.")
        )
        blocks.append(Text(
            f"The rules are sure of {_percent(found['rules']['sure'])} of them and then right in "
            f"{_percent(found['rules']['accuracy_when_sure'])}."
        ))  # fmt: skip
    contest = numbers["contests"].get("scene", {})
    if contestants := contest.get("contestants"):
        told = [
            (name, one.get("log_loss"), one.get("accuracy")) for name, one in contestants.items()
        ]
        caption = (
            f"Chosen inside the training time: {contest['chosen']} (by {contest['judged_by']})"
        )
        blocks.append(Table(("contestant", "log-loss", "accuracy"), told, caption))
    return blocks


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _mix(compared: Compared) -> Plot:
    def paint(axes: Any) -> None:
        names = [scene.name.lower() for scene in Scene]
        axes.stackplot(np.arange(24), compared.mix.T, labels=names, step="mid")
        axes.set_xlabel("local hour")
        axes.set_ylabel("mean probability")
        axes.set_xlim(0, 23)
        axes.legend(loc="upper center", ncols=4, fontsize=7)

    return draw(paint, "Mix of recognised scenes by local hour, test moments.")
