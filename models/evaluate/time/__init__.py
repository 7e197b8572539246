"""The report on time: who acts and how soon, when to speak, what is coming.

A section is a function in a file of its own; it joins the report by standing in ``SECTIONS``.
"""

from __future__ import annotations

from models.evaluate.time.classification import classification
from models.evaluate.time.findings import Findings, Report, merged
from models.evaluate.time.log import EventLog, HourGrid

SECTIONS: tuple[Report, ...] = (classification,)

__all__ = ["SECTIONS", "EventLog", "Findings", "HourGrid", "Report", "merged"]
