"""A hard rule before any model: an item with `regions` is offered only to users in one of its countries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import whereabouts
from models.features.places import NOWHERE
from models.features.whereabouts import Texts
from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.settings import Settings


def sold_here(
    candidates: CandidateSet, due: DueUsers, shared: Shared, settings: Settings, texts: Texts
) -> CandidateSet:
    """Return the candidates that are sold where their user is, by the catalogue that holds then.

    An item that names no regions is sold everywhere, one with an empty list nowhere. Of a user whose
    country is not known ``unknown_country`` says whether items with regions may be offered.
    """
    sold = sold_to(candidates.due, candidates.item, due, shared.catalogue, settings, texts)
    return candidates if sold.all() else candidates.take(sold.nonzero()[0])


def sold_to(
    rows: NDArray[np.int64],
    items: NDArray[np.uint64],
    due: DueUsers,
    catalogue: Catalogue,
    settings: Settings,
    texts: Texts,
) -> NDArray[np.bool_]:
    """Tell of each item whether it is sold where the user of its row of ``due`` is."""
    regions = catalogue.attributes(items, due.reached_ms[rows])["regions"]
    sold = np.ones(len(items), np.bool_)
    limited = (regions != NOWHERE).nonzero()[0]
    if len(limited):
        countries = [code.split("-")[0] for code in whereabouts(due.state, texts).country]
        for pair in limited.tolist():
            among = catalogue.places.countries[regions[pair]] or frozenset()
            sold[pair] = _is_sold(countries[rows[pair]], among, settings)
    return sold


def _is_sold(country: str, among: frozenset[str], settings: Settings) -> bool:
    if not country:
        return bool(among) and settings.unknown_country == "allow"
    return country in among
