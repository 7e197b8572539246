"""Numbers that training finds beside the graphs: Platt scaling and the fusion stack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression

from models.bundle.manifest import Platt, Weights
from models.bundle.odds import logit, sigmoid
from models.train.fit import LEAST_OF_A_CLASS
from models.train.order import fit_order

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


def fit_stack(h_t: Floats, h_c: Floats, label: NDArray[np.bool_]) -> Weights | None:
    """Return the weights of the calibrated experts' log-odds, none of them negative.

    None: too few labels to say. An expert whose weight would be negative is left out.
    """
    if not enough(label):
        return None
    odds = [logit(h_t), logit(h_c)]
    l_t, l_c, bias = _logistic(odds, label)
    if l_t < 0 or l_c < 0:
        kept = 0 if l_t >= l_c else 1
        alone, bias = _logistic([odds[kept]], label)
        l_t, l_c = (max(alone, 0.0), 0.0) if kept == 0 else (0.0, max(alone, 0.0))
    return Weights(lambda_t=min(l_t, MOST), lambda_c=min(l_c, MOST), bias=bias)


def fit_ranked(
    h_t: Floats, h_c: Floats, h_r: Floats, label: NDArray[np.bool_], due: NDArray[np.int64]
) -> Weights | None:
    """Return the weights of experts and ranker: their ratios by order, their scale by probability.

    As a stack alone the ranker would be paid for telling users apart, which it does not. None: too few
    labels to say, or nothing of it orders.
    """
    odds = np.stack([logit(each) for each in (h_t, h_c, h_r)], axis=1)
    order = fit_order(odds, label, due, MOST) if enough(label) else None
    if order is None:
        return None
    scale, bias = _logistic([(odds * order).sum(axis=1)], label)
    if scale <= 0:
        return None
    l_t, l_c, l_r = (min(float(each), MOST) for each in scale * order)
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
