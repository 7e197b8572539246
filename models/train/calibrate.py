"""Numbers that training finds beside the graphs: Platt scaling and the fusion stack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression

from models.bundle.manifest import Platt, Weights
from models.bundle.odds import logit, sigmoid
from models.train.fit import LEAST_OF_A_CLASS

Floats = NDArray[np.float64]
MOST_SHIFT = 35.0
"""Log-odds that lead from one end of what is told apart (`models.bundle.odds`) past the other."""
MOST = 10.0
"""No weight of the stack is larger, as in the settings."""


def fit_platt(raw: Floats, label: NDArray[np.bool_]) -> Platt | None:
    """Return the scaling of ``logit raw`` that fits the labels best; None: too few to say.

    A negative slope would turn an expert upside down: it has nothing to say here, and the
    result is the base rate.
    """
    if not enough(label):
        return None
    a, b = _logistic([logit(raw)], label)
    if a <= 0:
        return Platt(a=0.0, b=float(logit(np.array([label.mean()]))[0]))
    return Platt(a=a, b=b)


def fit_stack(
    h_t: Floats, h_c: Floats, label: NDArray[np.bool_], h_r: Floats | None = None
) -> Weights | None:
    """Return the weights of the calibrated experts' log-odds, and the ranker's, none negative.

    None: too few labels to say. Whose weight would be negative is left out, the worst first; the
    last one left stays, with 0.
    """
    if not enough(label):
        return None
    odds = [logit(each) for each in (h_t, h_c, h_r) if each is not None]
    kept = list(range(len(odds)))
    while True:
        *found, bias = _logistic([odds[i] for i in kept], label)
        if min(found) >= 0 or len(kept) == 1:
            break
        kept.pop(int(np.argmin(found)))
    weight = dict(zip(kept, (min(max(each, 0.0), MOST) for each in found), strict=True))
    l_t, l_c, l_r = (weight.get(i, 0.0) for i in range(3))
    return Weights(lambda_t=l_t, lambda_c=l_c, bias=bias, lambda_r=l_r)


def level_shift(probability: Floats, label: NDArray[np.bool_]) -> float:
    """Return what to add to all log-odds so that the mean probability is the labels' rate.

    Half a label of each class is added, so the shift is finite.
    """
    odds = logit(probability)
    rate = (label.sum() + 0.5) / (len(label) + 1.0)
    return float(brentq(lambda shift: sigmoid(odds + shift).mean() - rate, -MOST_SHIFT, MOST_SHIFT))


def enough(label: NDArray[np.bool_]) -> bool:
    """Whether both classes occur often enough to fit a few numbers."""
    return min(int(label.sum()), int((~label).sum())) >= LEAST_OF_A_CLASS


def _logistic(columns: list[Floats], label: NDArray[np.bool_]) -> list[float]:
    """The weights of a nearly unpenalised logistic regression, then its intercept."""
    model = LogisticRegression(C=100.0, tol=1e-8, max_iter=1_000)
    model.fit(np.stack(columns, axis=1), label)
    return [*map(float, model.coef_[0]), float(model.intercept_[0])]
