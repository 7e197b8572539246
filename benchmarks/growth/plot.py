"""An axis as a plot: CPU per event against what grows, with the band in which it counts as flat."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt

from benchmarks.growth.axes import Axis

FLOOR, AIM = 0.20, 0.10
INK = "#1f4e79"


def plot(axis: Axis, path: Path) -> None:
    """Write the plot as SVG; the same figures give the same bytes."""
    mpl.rcParams.update({"svg.hashsalt": axis.name, "font.size": 9, "svg.fonttype": "none"})
    figure, panel = plt.subplots(figsize=(5.2, 3.0), layout="constrained")
    places, middle = range(len(axis.points)), axis.medians()
    for share, shade in ((FLOOR, 0.10), (AIM, 0.14)):
        panel.axhspan(middle[0], middle[0] * (1 + share), color=INK, alpha=shade, linewidth=0)
    low = [m - min(costs) for m, costs in zip(middle, axis.rounds, strict=True)]
    high = [max(costs) - m for m, costs in zip(middle, axis.rounds, strict=True)]
    panel.errorbar(places, middle, yerr=[low, high], color=INK, marker="o", capsize=3)
    panel.set_xticks(list(places), [f"{point:,}" for point in axis.points])
    panel.set_ylim(0, 1.25 * max(max(costs) for costs in axis.rounds))
    panel.set_xlabel(axis.title)
    panel.set_ylabel("CPU µs per event")
    panel.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
