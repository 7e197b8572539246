"""What belongs to no stage: arrays, text, times, faults."""
