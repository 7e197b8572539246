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
from models.features import CONTRACT
from models.features.calendar import HOUR_MS
from models.metrics.intervals import Sample, log_loss_gain
from models.metrics.probabilities import log_loss
from models.train.calibrate import enough
from models.train.fit import Fitted
from models.train.search import time_folds
from models.train.temporal.expert import QUARTERS, levelled
from models.train.temporal.members import fit_net
from models.train.temporal.moments import Moments
from models.train.temporal.recurrent import Recurrent

Floats = NDArray[np.float64]
TARGET = "acts"
SIZES = (
    Recurrent(),
    Recurrent(state=12, hidden=8),
    Recurrent(l2=1e-2, dropout=0.3),
    Recurrent(state=32, hidden=32, epochs=4),
)
"""What a search chooses from; the first is the usual one."""
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


def teaches(data: Dataset) -> bool:
    """Whether there are sequences, and enough of both classes to learn from."""
    return data.steps is not None and enough(data.acted)


def fit_beside(train: Dataset, seed: int, how: Recurrent = SIZES[0]) -> Net:
    """Return a net that learned who acts from decisions that `teaches`.

    Raises:
        ParityError: the graph differs from its trainer.
    """
    moments = _moments(train)
    until = int(moments.hour.max() + moments.horizon[0])
    member = fit_net(moments, until, _often_enough(how, len(train)), seed)
    return Net(member.graphs[TARGET], member.columns)


def search_net(train: Dataset, seed: int) -> Recurrent:
    """Return the one of `SIZES` with the lowest log-loss over the folds, always fit before, test after.

    Raises:
        ParityError: a graph differs from its trainer.
    """
    losses = np.zeros(len(SIZES))
    for before, after in time_folds(train.now_ms, train.horizon_ms):
        known, fold = train.take(before), train.take(after)
        for number, how in enumerate(SIZES) if teaches(known) else ():
            found = fit_beside(known, seed, how).score(fold)
            losses[number] += log_loss(levelled(found, fold.acted), fold.acted)
    return SIZES[int(np.argmin(losses))]


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


def _often_enough(how: Recurrent, decisions: int) -> Recurrent:
    """More rounds over few decisions, so that the net goes down often enough."""
    rounds = -(-LEAST_DESCENTS * how.batch // max(decisions, 1))
    return replace(how, epochs=min(max(how.epochs, rounds), MOST_EPOCHS))


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
