"""The scene recogniser: trees, a support vector machine and log-linear models, the best by later data.

Labels are what producers told; where nobody told enough, what the rules say (`models.scene.rules`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from models.bundle.handmade import constant_graph
from models.bundle.parity import ParityError, check_parity, golden_rows
from models.scene.measure import scene_scores
from models.scene.rules import rule_labels, silent, told_scene
from models.train.columns import SCENE_INPUTS
from models.train.export import export_scene, fill, scatter
from models.train.fit import Fitted, Rows, thinned
from models.train.log_linear import Averaged, LogLinear, NaiveBayes
from schemas.vocabulary import Scene

Labels = NDArray[np.int64]
LEAST_TOLD = 200
"""With fewer told scenes the rules' labels are learnt as well."""
LATER_SHARE = 0.25
"""The last part of the training time judges the contestants."""
MOST_SVM_ROWS = 3_000
"""A support vector machine is slow to fit and slow to ask beyond this."""
_FOLDS = 3


def trees(leaf: int) -> Callable[[int], Any]:
    """Return a maker of decision trees whose leaves hold at least ``leaf`` rows."""
    return lambda seed: DecisionTreeClassifier(
        max_depth=10, min_samples_leaf=leaf, random_state=seed
    )


def machine(seed: int) -> Any:
    """Return a support vector machine with radial kernel whose margins are made probabilities."""
    svm = CalibratedClassifierCV(SVC(random_state=seed), cv=_FOLDS, ensemble=False)
    return make_pipeline(StandardScaler(), svm)


CONTESTANTS: dict[str, Callable[[int], Any]] = {
    "decision_tree_5": trees(5),
    "decision_tree_20": trees(20),
    "decision_tree_60": trees(60),
    "svm": machine,
    "log_linear": lambda seed: LogLinear(10.0),
    "naive_bayes": lambda seed: NaiveBayes(),
    "averaged": lambda seed: Averaged(10.0),
}


@dataclass(slots=True, frozen=True)
class SceneFit:
    """The chosen graph, and how each contestant did on the later part of the training time."""

    fitted: Fitted
    contest: dict[str, Any] = field(default_factory=dict)


def fit_scene(rows: Rows, user: Rows, seed: int) -> SceneFit:
    """Return the recogniser for ``rows`` (scene inputs) of ``user`` feature rows, oldest first.

    A constant where only one scene was seen.
    """
    told, rules = told_scene(user), rule_labels(user)
    label = np.where(told >= 0, told, rules)
    judged_by = "told" if (told >= 0).sum() >= LEAST_TOLD else "rules"
    # A rule that is not sure does not say that the scene is unknown: only silence does.
    known = told >= 0 if judged_by == "told" else (label != Scene.UNKNOWN) | silent(user)
    rows, label = rows[known], label[known]
    seen = np.unique(label)
    if len(seen) < 2:
        vector = [0.0] * len(Scene)
        vector[int(seen[0]) if len(seen) else Scene.UNKNOWN] = 1.0
        return SceneFit(Fitted(constant_graph(vector, rows.shape[1]), "constant", None))
    later = np.arange(len(rows)) >= int(len(rows) * (1 - LATER_SHARE))
    asked = rows if judged_by == "told" else _without_place(rows)
    found = {
        name: _judge(make, rows, asked, label, later, seed) for name, make in CONTESTANTS.items()
    }
    ranked = sorted((name for name in found if found[name]), key=lambda n: found[n]["log_loss"])
    contest = {"judged_by": judged_by, "contestants": found}
    for name in ranked or ["decision_tree_20"]:
        try:
            fitted = _fitted(name, rows, label, seed)
        except ParityError:  # the next best; the tree always passes
            if name.startswith("decision_tree"):
                raise
            continue
        return SceneFit(fitted, contest | {"chosen": name})
    raise ParityError("scene: no contestant passed the parity gate")


def _without_place(rows: Rows) -> Rows:
    """Rows of which the place is not told: who only repeats the rules has nothing to say then."""
    hidden = rows.copy()
    hidden[:, [i for i, name in enumerate(SCENE_INPUTS) if name.startswith("place_")]] = np.nan
    return hidden


def _judge(
    make: Callable[[int], Any],
    rows: Rows,
    asked: Rows,
    label: Labels,
    later: NDArray[np.bool_],
    seed: int,
) -> dict[str, Any]:
    """Log-loss and accuracy on the later rows ``asked``; empty where the earlier cannot be learnt."""
    model = _learnt(make, rows[~later], label[~later], seed)
    if model is None or not later.any():
        return {}
    found = model.predict_proba(fill(asked[later])) @ scatter(model.classes_).astype(np.float64)
    return scene_scores(found, label[later])


def _learnt(make: Callable[[int], Any], rows: Rows, label: Labels, seed: int) -> Any:
    """The fitted model; None where there is one class, or a class too small to calibrate on."""
    model = make(seed)
    if make is machine:
        rows, label = thinned(rows, label, seed, MOST_SVM_ROWS)
        kept = np.isin(label, [s for s in Scene if (label == s).sum() >= _FOLDS])
        rows, label = rows[kept], label[kept]
    if len(np.unique(label)) < 2:
        return None
    return model.fit(fill(rows), label)


def _fitted(name: str, rows: Rows, label: Labels, seed: int) -> Fitted:
    """Fit the chosen one on all rows and take it through the parity gate.

    Raises:
        ParityError: the graph differs from the trained model.
    """
    rows, label = thinned(rows, label, seed)
    model = _learnt(CONTESTANTS[name], rows, label, seed)
    linear = isinstance(model, LogLinear)
    made = model.export() if linear else export_scene(model, rows.shape[1])
    spread = scatter(model.classes_).astype(np.float64)

    def predict(golden: Rows) -> NDArray[np.float64]:
        # Without this scikit-learn sums the extremes to see whether they are finite.
        with config_context(assume_finite=True):
            found: NDArray[np.float64] = model.predict_proba(fill(golden)) @ spread
        return found

    parity = check_parity("scene", made, predict, golden_rows(rows, seed))
    return Fitted(made, name.rstrip("_0123456789"), parity)
