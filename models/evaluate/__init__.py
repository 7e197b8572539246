"""Reports: how well a log is known, and by which model."""
