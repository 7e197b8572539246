"""What the learner is made of: hashes to slots, integer tallies, visit histories, epochs."""
