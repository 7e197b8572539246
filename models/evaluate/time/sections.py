"""What the report on time consists of, in this order. Needs the ``train`` extra."""

from __future__ import annotations

from models.evaluate.time.classification import classification
from models.evaluate.time.findings import Report
from models.evaluate.time.forecast import forecast
from models.evaluate.time.send_time import send_time

SECTIONS: tuple[Report, ...] = (classification, send_time, forecast)
