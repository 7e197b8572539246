"""The line beside trees and net: learns, is exported, and says the rate where it can say no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.made_up import dataset_of

from models.features import CONTRACT
from models.features.steps import CHANNELS, STEPS
from models.metrics.probabilities import measure
from models.train.temporal.members import fit_line, fit_net
from models.train.temporal.moments import Moments
from models.train.temporal.recurrent import TOLERANCE, Recurrent


def moments(label: np.ndarray | None = None) -> Moments:
    data = dataset_of(2, 1_200, per_user=1)
    number = np.unique(data.users, return_inverse=True)[1]
    hour = (data.now_ms - data.now_ms.min()) // 3_600_000
    acted = data.acted if label is None else label
    steps = np.zeros((len(data), 0, 0), np.float32)
    return Moments(
        CONTRACT.user, ("act_6h",), np.array([6]), number, hour, data.user, steps, acted[:, None]
    )


def test_a_line_learns_and_its_graph_passed_the_gate() -> None:
    known = moments()
    line = fit_line(known, until=10_000, seed=0)
    found = measure(line.score(known)[:, 0], known.label[:, 0])
    assert found["auc"] is not None
    assert found["auc"] > 0.7
    parity = line.graphs["act_6h"].parity
    assert parity is not None
    assert parity.max_abs_diff <= TOLERANCE


@pytest.mark.parametrize(("happens", "rate"), [(True, 1.0), (False, 0.0)])
def test_where_one_class_is_absent_it_says_the_rate(happens: bool, rate: float) -> None:
    known = moments(np.full(1_200, happens))
    found = fit_line(known, until=10_000, seed=0).score(known)
    assert found == pytest.approx(rate, abs=1e-3)


def test_labels_that_are_not_resolved_are_not_learnt_from() -> None:
    known = moments()
    until = int(np.median(known.hour))
    later = known.hour + 6 > until
    other = moments(np.where(later, ~known.label[:, 0], known.label[:, 0]))
    one, two = (fit_line(each, until, seed=0).score(known) for each in (known, other))
    assert one.tobytes() == two.tobytes()


@pytest.mark.slow
def test_a_net_whose_descent_was_stopped_is_right_on_average_on_what_it_learned_from() -> None:
    known = moments()
    known = replace(known, steps=np.zeros((len(known), STEPS, len(CHANNELS)), np.float32))
    net = fit_net(known, until=10_000, how=Recurrent(epochs=1, rate=0.05), seed=0)
    assert net.score(known).mean() == pytest.approx(known.label.mean(), abs=1e-3)
