"""What the report on time consists of, in this order. Needs the ``train`` extra."""

from __future__ import annotations

from models.evaluate.time.classification import classification
from models.evaluate.time.findings import Report

SECTIONS: tuple[Report, ...] = (classification,)
