"""The second line of defence: what raises while a batch is decided is found, set aside and told.

A batch that raises is decided again in halves, each on what the one before left, down to the record;
of that record the smallest thing that makes it raise is set aside. Everything else is decided as ever.
"""

from streams.pipeline.containment.contain import contained
from streams.pipeline.containment.verdicts import NO_VERDICTS, Seen, Verdicts

__all__ = ["NO_VERDICTS", "Seen", "Verdicts", "contained"]
