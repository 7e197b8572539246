"""The product's own choice of items on a log: its sources, its features, moment by moment."""
