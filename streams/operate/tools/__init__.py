"""What runs beside the workers: the embedded broker, feeding, reading, checks, re-driving."""
