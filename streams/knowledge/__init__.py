"""What all users share: the catalogue, and the learner's epochs as a worker sees them."""
