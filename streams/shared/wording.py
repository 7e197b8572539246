"""What msgspec refuses, in our words."""

from __future__ import annotations

import msgspec

from schemas.vocabulary import DeadReason
from streams.shared.faults import Fault


def fault_of(error: msgspec.DecodeError) -> Fault:
    """Put msgspec's message, which has types and field names but no values, in our words."""
    fault, _, path = str(error).partition(" - at `$")
    field = path.strip("`.")
    if fault.startswith("Object missing required field"):
        name = fault.split("`")[1]
        inside = f"{field}.{name}" if field else name
        return Fault(DeadReason.MISSING_FIELD, f"{inside} is missing", inside)
    if fault.endswith("out of range"):
        return Fault(DeadReason.NOT_FINITE, f"{field} is too large to be finite", field)
    sentence = f"{field or 'value'}: {fault[:1].lower()}{fault[1:]}"
    return Fault(DeadReason.WRONG_TYPE, sentence, field)
