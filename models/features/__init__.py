"""The feature contract: the same code computes a feature live, in replay and in training."""

from models.features.contract import (
    CONTRACT,
    Contract,
    contract_hash,
    pair_features,
    user_features,
    user_steps,
)
from models.features.pairs import Around
from models.features.places import Places
from models.features.whereabouts import Whereabouts, whereabouts

__all__ = [
    "CONTRACT",
    "Around",
    "Contract",
    "Places",
    "Whereabouts",
    "contract_hash",
    "pair_features",
    "user_features",
    "user_steps",
    "whereabouts",
]
