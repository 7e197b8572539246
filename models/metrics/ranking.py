"""How good the order of each decision's candidates is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ranking(
    score: NDArray[np.floating],
    engaged: NDArray[np.bool_],
    due: NDArray[np.int64],
    item: NDArray[np.uint64],
    wanted: NDArray[np.int64] | None = None,
    top: int = 10,
) -> dict[str, float | int | None]:
    """Return HR@top and NDCG@top over the decisions whose user engaged with a candidate.

    ``wanted``: int64[decisions], with how many items each user engaged, offered or not: then the
    means are over all who were offered something and engaged with any item, and what nobody offered
    is a miss.

    Equal scores are ordered by item hash, which knows nothing: a constant score earns chance,
    wherever the positive stood in its list (a leak seen in the lab).
    """
    order = np.lexsort((item, -score, due))
    due, engaged = due[order], engaged[order]
    rank = np.arange(len(due)) - np.searchsorted(due, due)
    hit = engaged & (rank < top)
    count = int(due.max(initial=-1)) + 1 if wanted is None else len(wanted)
    wanted = np.bincount(due[engaged], minlength=count) if wanted is None else wanted
    decisions = np.flatnonzero((wanted > 0) & (np.bincount(due, minlength=count) > 0))
    if not len(decisions):
        return {"decisions": 0, f"hr@{top}": None, f"ndcg@{top}": None}
    gain = np.bincount(due[hit], 1.0 / np.log2(rank[hit] + 2.0), minlength=count)
    ideal = np.cumsum(1.0 / np.log2(np.arange(top) + 2.0))[np.minimum(wanted[decisions], top) - 1]
    return {
        "decisions": len(decisions),
        f"hr@{top}": len(np.unique(due[hit])) / len(decisions),
        f"ndcg@{top}": float(np.mean(gain[decisions] / ideal)),
    }
