"""The serving path: `pipeline.py` reads top to bottom and calls a folder a stage."""
