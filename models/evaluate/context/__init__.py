"""The report on context: does knowing the situation help, on logs and in planted worlds."""

from models.evaluate.context.plant import Planted, plant
from models.evaluate.context.world import World, WorldError, read_world

__all__ = ["Planted", "World", "WorldError", "plant", "read_world"]
