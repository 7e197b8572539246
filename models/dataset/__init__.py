"""Point-in-time samples: what was known at each decision, and what came of it."""

from models.dataset.dataset import ENGAGEMENT, Dataset, DatasetError
from models.dataset.samples import SampleLog
from models.dataset.split import split_by_time

__all__ = ["ENGAGEMENT", "Dataset", "DatasetError", "SampleLog", "split_by_time"]
