"""What the report on time consists of, in this order. Needs the ``train`` extra."""

from __future__ import annotations

from collections.abc import Sequence

from models.evaluate.time.classification import classification
from models.evaluate.time.findings import Report
from models.evaluate.time.forecast import forecast
from models.evaluate.time.send_time import send_time

SECTIONS: tuple[Report, ...] = (classification, send_time, forecast)


class PartError(ValueError):
    """The report has no such part; the message says which it has."""


def chosen_sections(names: Sequence[str] | None) -> tuple[Report, ...]:
    """Return the sections of these names, all without any.

    Raises:
        PartError: there is no such section.
    """
    known = {section.__name__: section for section in SECTIONS}
    unknown = set(names or ()) - set(known)
    if unknown:
        raise PartError(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return tuple(section for name, section in known.items() if not names or name in names)
