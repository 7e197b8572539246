"""The report on time: who acts and how soon, when to speak, what is coming.

A section is a function in a file of its own; it joins the report by standing in
`models.evaluate.time.sections`.
"""

from models.evaluate.time.findings import Findings, Report, merged
from models.evaluate.time.log import EventLog, HourGrid

__all__ = ["EventLog", "Findings", "HourGrid", "Report", "merged"]
