"""Growth: what an event costs in the full job as one thing grows and all else stays."""
