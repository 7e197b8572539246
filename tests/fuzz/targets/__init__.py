"""What is fuzzed, by name."""

from fuzz.target import Target
from fuzz.targets import bundles, edges, knowledge, path, records, state

PATH = tuple(path.TARGETS)
"""Those whose inputs go through the whole path."""
TARGETS: dict[str, Target] = {
    **records.TARGETS, **edges.TARGETS, **knowledge.TARGETS, **state.TARGETS, **bundles.TARGETS,
    **path.TARGETS,
}  # fmt: skip
