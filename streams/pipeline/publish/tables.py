"""What goes into publishing a wave, and what comes out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.catalog import CatalogItem
from schemas.tables import CandidateSet, Choice, DueUsers, Output, PolicyView, Stopped
from streams.pipeline.policy.told import Texts


class SortKey(NamedTuple):
    """Where an output belongs in its batch, however the batch was cut.

    ``phase``: 0 a timer, which fires before the record at ``pos``, 1 what the record brings. Timers
    fire by ``due_ms``, -1 for others. ``kind``: `TriggerKind`, -1 for cancels and moves. ``seq``: 0 the decision, 1 its
    projection; of cancels the push's place.
    """

    pos: int
    phase: int
    due_ms: int
    pseudonym: bytes
    kind: int
    seq: int


def record_key(pos: int) -> SortKey:
    """Return the place of what is said of the record itself: after the timers before it."""
    return SortKey(pos, 1, -1, b"", 0, 0)


class Weighted(Protocol):
    """The weights that fused the scores."""

    @property
    def lambda_t(self) -> float:
        """Weight of the temporal log-odds."""
        ...

    @property
    def lambda_c(self) -> float:
        """Weight of the context log-odds."""
        ...

    @property
    def bias(self) -> float:
        """Log-odds added to the weighted sum."""
        ...

    @property
    def lambda_r(self) -> float:
        """Weight of the ranker's log-odds."""
        ...


@dataclass(slots=True, frozen=True)
class Decided:
    """A wave, or a part of it, after allocation: every row has one choice or one stop.

    ``ids``: the decisions' ids (`streams.pipeline.publish.identity`), one a row. ``scored``: the rows
    ``scored_rows`` of ``due``, which the policy did not silence, with what the experts made of them.
    ``stopped`` holds the screen's stops and the allocation's; ``stopped_by`` is parallel to
    ``candidates``. All indices are rows of ``due``. ``ranked``: the weights of pairs in which the
    ranker joined the experts, None: there is none.
    """

    due: DueUsers
    ids: list[uuid.UUID]
    view: PolicyView
    scored_rows: NDArray[np.int64]
    scored: DueUsers
    candidates: CandidateSet
    choices: list[Choice]
    stopped: list[Stopped]
    stopped_by: list[str | None]
    weights: Weighted
    ranked: Weighted | None = None


@dataclass(slots=True, frozen=True)
class Resources:
    """What records need besides the decisions.

    ``places``: partition and position in its input sequence of records; ``offsets_at``: source
    offsets (topic -> next offset) at positions, up to and with that record, or (mask) before it;
    ``texts``: text of a hash; ``recall``: reads at once the texts that will be asked for;
    ``item``: catalogue entry of a hash at a time; ``catalog_version`` and ``catalog_offsets``: how much of the
    catalogue holds then; ``unknown_items``: which rule holds then for items that it lacks; ``unseal``: subscriber id from its sealed form and the row's pseudonym; ``reasons`` and ``sources``: reason codes and names of a candidate's source mask;
    ``epoch`` and ``epoch_gone``: as in `schemas.decision.Decision`;
    ``bundle_sha256`` is empty without a bundle.
    """

    places: Callable[[NDArray[np.int64]], list[tuple[int, int]]]
    offsets_at: Callable[[NDArray[np.int64], NDArray[np.bool_]], list[dict[str, int]]]
    texts: Texts
    recall: Callable[[Iterable[int]], None]
    item: Callable[[int, int], CatalogItem | None]
    unseal: Callable[[bytes, bytes], str]
    reasons: Callable[[int], list[str]]
    sources: Callable[[int], list[str]]
    epoch: int | None
    epoch_gone: int | None
    catalog_version: Callable[[int], int]
    catalog_offsets: Callable[[int], dict[str, int]]
    unknown_items: Callable[[int], str]
    bundle_name: str
    bundle_sha256: str
    contract_hash: str


@dataclass(slots=True, frozen=True)
class Published:
    """Outputs with their order; journal rows (`PUSH`) and their rows of `DueUsers`; outcomes.

    ``outcomes``: for each row of `DueUsers` the reason of its suppression, None: recommended.
    """

    outputs: list[tuple[SortKey, Output]]
    pushes: NDArray[Any]
    due: NDArray[np.int64]
    outcomes: list[str | None]
