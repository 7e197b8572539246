"""The Kairos stream application: `app.py` wires engine, pipeline and learner into a worker."""
