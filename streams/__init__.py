"""The Kairos stream application: one folder a stage, `pipeline.py` the data path."""
