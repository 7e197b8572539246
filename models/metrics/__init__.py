"""Measures of probabilities and rankings, with their intervals."""
