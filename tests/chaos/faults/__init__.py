"""All faults: one function each, in a file a family."""

from __future__ import annotations

from chaos.faults import (
    accidents,
    broker,
    disk,
    hostile,
    inputs,
    inside,
    members,
    nodes,
    processes,
)
from chaos.faults.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for family in (processes, members, inside, broker, inputs, disk, hostile, accidents)
    for fault in family.FAULTS
}
"""Fault by name, of a deployment on one broker."""
CLUSTER_FAULTS: dict[str, Fault] = {fault.name: fault for fault in nodes.FAULTS}
"""Fault by name, of a deployment on three brokers."""
