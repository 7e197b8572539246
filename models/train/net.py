"""The recurrent half of P(user acts): fitted beside the trees, kept if later decisions want it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle.bundle import INPUT, OUTPUT, open_session
from models.bundle.experts import flatten, shares
from models.bundle.odds import stack
from models.dataset import Dataset
from models.evaluate.probabilities import log_loss
from models.evaluate.time.measures import Sample, log_loss_gain
from models.features import CONTRACT
from models.features.calendar import HOUR_MS
from models.temporal.expert import QUARTERS, levelled
from models.temporal.members import fit_net
from models.temporal.moments import Moments
from models.temporal.recurrent import Recurrent
from models.train.calibrate import enough
from models.train.fit import Fitted

Floats = NDArray[np.float64]
TARGET = "acts"
LEAST_DESCENTS, MOST_EPOCHS = 50, 20
"""After 14 descents on 3,500 decisions of Taobao the loss on later ones was .262, after 48 .253,
after 220 (of half the batch) .259."""


@dataclass(slots=True, frozen=True)
class Net:
    """A net for one target with the columns that it reads."""

    fitted: Fitted
    columns: tuple[str, ...]

    def score(self, data: Dataset) -> Floats:
        """Return P(user acts) of every decision: float64[n]. The dataset must have steps."""
        places = [CONTRACT.user.index(name) for name in self.columns]
        rows = flatten(data.user[:, places], np.asarray(data.steps))
        found: Floats = open_session(self.fitted.onnx_bytes).run([OUTPUT], {INPUT: rows})[0]
        return found.astype(np.float64)


def fit_beside(train: Dataset, seed: int) -> Net | None:
    """Return a net that learned who acts; None where there is too little to learn from.

    Raises:
        ParityError: the graph differs from its trainer.
    """
    if train.steps is None or not enough(train.acted):
        return None
    moments = _moments(train)
    member = fit_net(moments, int(moments.hour.max() + moments.horizon[0]), _how(train), seed)
    return Net(member.graphs[TARGET], member.columns)


def choose_share(
    trees: Floats, net: Floats, later: Dataset, seed: int
) -> tuple[float, dict[str, Any]]:
    """Return the net's share in the log-odds with the numbers that chose it.

    The share is the one with the lowest log-loss on decisions later than any that trees or net
    learned from. It is 0 unless the loss is then below that of the trees alone whichever users are
    drawn (the lower end of a paired 95% interval): a net costs every decision some time.
    """
    label = later.acted
    blends = {share: levelled(stack(trees, net, shares(share)), label) for share in QUARTERS}
    losses = {share: log_loss(blend, label) for share, blend in blends.items()}
    best = min(QUARTERS, key=lambda share: losses[share])
    hour = later.now_ms // HOUR_MS % 24
    sample = Sample(label, _numbers(later), hour)
    gain = log_loss_gain(blends[best], blends[0.0], sample, seed)
    earned = best if (gain["ci_low"] or 0.0) > 0.0 else 0.0
    told = {"share": earned, "best": best, "gain": gain}
    return earned, told | {"log_loss": {str(share): loss for share, loss in losses.items()}}


def _how(train: Dataset) -> Recurrent:
    """More rounds over few decisions, so that the net goes down often enough."""
    usual = Recurrent()
    rounds = -(-LEAST_DESCENTS * usual.batch // max(len(train), 1))
    return replace(usual, epochs=min(max(usual.epochs, rounds), MOST_EPOCHS))


def _moments(data: Dataset) -> Moments:
    hour = (data.now_ms - data.now_ms.min()) // HOUR_MS
    horizon = np.array([-(-data.horizon_ms // HOUR_MS)], np.int64)
    return Moments(
        CONTRACT.user, (TARGET,), horizon, _numbers(data), hour, data.user,
        np.asarray(data.steps), data.acted[:, None],
    )  # fmt: skip


def _numbers(data: Dataset) -> NDArray[np.int64]:
    number: NDArray[np.int64] = np.unique(data.users, return_inverse=True)[1]
    return number
