"""The exactly-once batch engine: one merged micro-batch of a partition, one Kafka transaction."""
