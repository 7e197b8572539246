"""A hard rule before any model: an item with `regions` is offered only to users in one of its countries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import whereabouts
from models.features.places import NOWHERE
from models.features.whereabouts import Texts
from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.shared import Shared
from streams.settings import Settings


def sold_here(
    candidates: CandidateSet, due: DueUsers, shared: Shared, settings: Settings, texts: Texts
) -> CandidateSet:
    """Return the candidates that are sold where their user is, by the catalogue that holds then.

    An item that names no regions is sold everywhere, one with an empty list nowhere. Of a user whose
    country is not known ``unknown_country`` says whether items with regions may be offered.
    """
    catalogue, at_ms = shared.catalogue, due.reached_ms[candidates.due]
    regions = catalogue.attributes(candidates.item, at_ms)["regions"]
    limited = (regions != NOWHERE).nonzero()[0]
    if not len(limited):
        return candidates
    countries = [code.split("-")[0] for code in whereabouts(due.state, texts).country]
    sold = np.ones(len(candidates), np.bool_)
    for pair in limited.tolist():
        among = catalogue.places.countries[regions[pair]] or frozenset()
        sold[pair] = _is_sold(countries[candidates.due[pair]], among, settings)
    rows: NDArray[np.int64] = sold.nonzero()[0]
    return candidates.take(rows)


def _is_sold(country: str, among: frozenset[str], settings: Settings) -> bool:
    if not country:
        return bool(among) and settings.unknown_country == "allow"
    return country in among
