"""A log becomes a model bundle."""
