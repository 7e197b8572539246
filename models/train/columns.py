"""Which columns each graph sees: the temporal and the context view of the same decision."""

from __future__ import annotations

from models.bundle.manifest import RANK, SCENE_COLUMNS
from models.features import (
    affinity,
    context_fields,
    demand,
    echo,
    ewma,
    ewma_trend,
    fair_price,
    frequency,
    hour_weekday,
    interests,
    item_attributes,
    language,
    near_shops,
    near_stock,
    offers,
    recency,
    repurchase,
    scene_weights,
    season,
    short_long,
    source,
    standing,
    told_interests,
    window_counts,
)

CLOCK = ("local_hour_sin", "local_hour_cos", "local_hour", "weekday")
APP_MINUTES = tuple(name for name in window_counts.NAMES if name.startswith("app_minutes"))
SITUATION = tuple(name for name in context_fields.NAMES if name != "scene_told")

SCENE_SHARES = tuple(name for name in scene_weights.NAMES if name.startswith("scene_share_"))
"""How the scene weights relate; their level is activity, which the temporal expert knows."""

SCENE_INPUTS = (
    *(name for name in SITUATION if name.startswith(("device_", "network_", "place_"))),
    "local_hour",
    "weekday",
    "app_minutes_1h",
    *SCENE_SHARES,
)

OF_ITEM = (
    *item_attributes.NAMES,
    *near_shops.NAMES,
    *near_stock.NAMES,
    *language.NAMES,
    *offers.NAMES,
    *fair_price.NAMES,
    *told_interests.NAMES,
)
"""What the context expert knows of an item and how it fits where the user is."""

ITEM_OF_USER = (
    *affinity.NAMES,
    *repurchase.NAMES,
    *demand.NAMES,
    *source.NAMES,
    "price_over_user_mean_log",
    "item_age_d",
    "distinct_items",
    "distinct_categories",
    "open_carts",
    "hours_since_any",
)
"""What is between a user and an item, wherever the user is."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "scene": SCENE_INPUTS,
    "temporal_user": (
        *window_counts.NAMES,
        *recency.NAMES,
        *frequency.NAMES,
        *ewma.NAMES,
        *ewma_trend.NAMES,
        *short_long.NAMES,
        *hour_weekday.NAMES,
        *echo.NAMES,
        *interests.NAMES,
    ),
    "temporal_item": ITEM_OF_USER,
    "context_user": (
        *SITUATION,
        *CLOCK,
        *season.NAMES,
        *APP_MINUTES,
        *SCENE_COLUMNS,
        *SCENE_SHARES,
    ),
    "context_item": (*SITUATION, *CLOCK, *SCENE_COLUMNS, *SCENE_SHARES, *season.NAMES, *OF_ITEM),
    RANK: (*ITEM_OF_USER, *standing.NAMES),
}
