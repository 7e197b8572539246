"""The feature contract: the same code computes a feature live, in replay and in training."""

from models.features.contract import (
    CONTRACT,
    Contract,
    pair_features,
    user_features,
    user_steps,
)

__all__ = ["CONTRACT", "Contract", "pair_features", "user_features", "user_steps"]
