"""Coarse places: an H3 cell instead of a coordinate."""

from __future__ import annotations

import h3


def coarse_cell(lat: float, lon: float, resolution: int) -> str:
    """Return the H3 cell of a point in degrees (resolution 5: about 250 square kilometres)."""
    cell: str = h3.latlng_to_cell(lat, lon, resolution)
    return cell
