"""What goes with what: item models fitted on histories, one a file, NumPy and sparse matrices only."""

from models.items.histories import Histories
from models.items.item_table import ItemTable
from models.items.model import ItemModel, Training

__all__ = ["Histories", "ItemModel", "ItemTable", "Training"]
