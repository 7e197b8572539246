"""The chapter of the report that says who acts, and how soon."""

from __future__ import annotations

from typing import Any

from models.evaluate.page import Block, Plot, Section, Table, Text, draw

SPLITS = {
    "time": "later days, same users",
    "user_disjoint": "later days, users not trained on",
    "active": "later days, users active in the last hour",
}
COLUMNS = ("auc", "ci_low", "ci_high", "within_hour_auc", "ap", "brier", "ece", "log_loss")
_HEAD = ("", "AUC", "95% from", "to", "AUC within hours", "AP", "Brier", "ECE", "log-loss")
_ABOUT = (
    "A moment is a full hour of a user who was seen before it; features and steps are the "
    "product's own, of the state before the moment. Trained on the first two thirds of the days "
    "with labels resolved by then, measured on the rest. Trees and blend are chosen on later days "
    "of the training time. Intervals come from drawing users anew."
)


def chapter(
    numbers: dict[str, Any], test: dict[str, Any], made_of: dict[str, str]
) -> tuple[Section, ...]:
    """Return the chapter: one section a target, then the unseen users if there are any."""
    about = Section("Who acts, and how soon", [Text(_ABOUT), _summary(numbers)])
    targets = [_target(target, found, made_of[target]) for target, found in numbers.items()]
    if not test:
        return about, *targets
    title = "Unseen users of the other log"
    return about, *targets, Section(title, [Text("Trained as above."), _summary(test)])


def _summary(numbers: dict[str, Any]) -> Table:
    rows = []
    for target, found in numbers.items():
        for split in SPLITS:
            one = found[split]
            best = _best(one["baselines"])
            gain = one["log_loss_gain_over_hour"]
            rows.append((
                target, split, one["count"], one["base_rate"], one["auc"], best[1], best[0],
                one["ece"], gain["gain"], gain["ci_low"],
            ))  # fmt: skip
    head = (
        "target", "split", "moments", "base rate", "AUC", "best baseline", "", "ECE",
        "log-loss below the hour's", "at least (95%)",
    )  # fmt: skip
    return Table(head, rows)


def _best(baselines: dict[str, Any]) -> tuple[str, float | None]:
    name = max(baselines, key=lambda each: baselines[each]["auc"] or 0.0)
    return name, baselines[name]["auc"]


def _target(target: str, found: dict[str, Any], made_of: str) -> Section:
    blocks: list[Block] = [Text(made_of)]
    for split, meaning in SPLITS.items():
        one = found[split]
        scores = {"model": one} | one["members"] | one["baselines"]
        rows = [(name, *(score[column] for column in COLUMNS)) for name, score in scores.items()]
        blocks.append(Table(_HEAD, rows, f"{meaning}: {one['count']:,} moments"))
    blocks.append(_reliability(found["time"]["reliability"]))
    return Section(target, blocks)


def _reliability(points: list[tuple[float, float]]) -> Plot:
    def paint(axes: Any) -> None:
        top = max((max(point) for point in points), default=1.0) * 1.05
        axes.plot([0, top], [0, top], color="0.7", linewidth=1)
        axes.plot(*zip(*points, strict=True), marker="o")
        axes.set_xlabel("said")
        axes.set_ylabel("happened")

    return draw(paint, "Reliability on later days, ten bins of equal count.", width_in=4)
