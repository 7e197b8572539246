"""Between the stages: what a batch works on, cut so that every decision sees the state of its moment.

`session`: one partition's batch over its store, and what is to be committed. `turns`: which parts of
which batches are decided together, as a `turn`. `waves`: a turn is applied wave by wave; in each, every
user moves on to the next moment that may ask for a decision.
"""
